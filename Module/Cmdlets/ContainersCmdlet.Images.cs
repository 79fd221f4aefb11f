using System.Management.Automation;
using System.Management.Automation.Host;
using System.Net;
using System.Security;
using Containers.Engine;
using Containers.Engine.Images;
using Containers.Engine.Registry;

namespace Containers.Cmdlets;

/// <summary>Which images the user means, and as whom registries are asked for them.</summary>
public abstract partial class ContainersCmdlet
{
    /// <summary>Docker Hub, which a name without a registry means.</summary>
    private protected const string DefaultRegistry = "docker.io";

    /// <summary>
    /// A name or id without wildcards is left to the engine; a pattern means the references that match, and none is no error. No name has a
    /// wildcard in it, so there is no literal meaning to be tried first.
    /// </summary>
    private protected IEnumerable<string> FindImages(IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            if (!WildcardPattern.ContainsWildcardCharacters(name))
            {
                yield return name;
            }
            else if (TryRun(_ => Engine.Images.List(), out IReadOnlyList<ContainerImage>? all))
            {
                WildcardPattern wildcard = WildcardPattern.Get(name, IgnoreCase);
                foreach (string reference in all.SelectMany(image => image.References).Where(each => FitsReference(wildcard, each)))
                {
                    yield return reference;
                }
            }
        }
    }

    /// <summary>"busy*" and "busybox:*" both mean busybox:latest; the colon of a registry's port is no tag's.</summary>
    private protected static bool FitsReference(WildcardPattern pattern, string reference)
    {
        string full = HasTag(reference) ? reference : reference + ":latest";
        return pattern.IsMatch(full) || pattern.IsMatch(full[..full.LastIndexOf(':')]);
    }

    /// <summary>Whether a text says more than a repository: the colon of a registry's port is no tag's.</summary>
    private protected static bool HasTag(string reference) =>
        reference.Contains('@', StringComparison.Ordinal) || reference.LastIndexOf(':') > reference.LastIndexOf('/');

    /// <exception cref="EngineException">TagNotAllowed; InvalidImageReference.</exception>
    private protected static ImageReference ParseRepository(string text, string parameter) => !HasTag(text)
        ? ImageReference.Parse(text)
        : throw new EngineException(
            EngineErrorKind.InvalidArgument, ErrorIds.TagNotAllowed, $"\"{text}\" names one image, and {parameter} means a whole repository.", text,
            $"Leave out the tag, or {parameter}.");

    private protected static ImagePlatform? ParsePlatform(string? platform) => platform is null ? null : ImagePlatform.Parse(platform);

    private protected static RegistryCredential? Convert(PSCredential? credential) => credential is null || credential == PSCredential.Empty
        ? null
        : new RegistryCredential { UserName = credential.UserName, Password = Reveal(credential.Password) };

    /// <summary>The engine keeps it no longer than the operation; .NET has no better way to hand a secret to a socket.</summary>
    private protected static string Reveal(SecureString secret) => new NetworkCredential("", secret).Password;

    /// <summary>An operation that moves layers, with its progress shown.</summary>
    private protected T RunTransfer<T>(string activity, Func<IProgress<TransferProgress>, T> operation)
    {
        using TransferDisplay display = new(this, activity);
        return operation(display);
    }

    /// <summary>Whether it was the host that could not ask: -NonInteractive, a job, a remote session without a screen.</summary>
    private protected static bool IsNobodyThere(Exception failure) =>
        failure is HostException or InvalidOperationException or NotImplementedException or NotSupportedException;
}
