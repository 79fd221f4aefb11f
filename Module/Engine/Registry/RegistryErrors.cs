using System.Net;
using Containers.Engine.Registry.Http;

namespace Containers.Engine.Registry;

/// <summary>What an answer is about: the same 404 is another thing for a manifest than for a blob.</summary>
internal enum RegistrySubject
{
    Service,
    Repository,
    Manifest,
    Blob,
    Upload,
}

/// <summary>The failures of registries by their meaning; the registry's own words are in the message, its secrets never are.</summary>
internal static class RegistryErrors
{
    internal static EngineException Unreachable(string registry, string reason, Exception? inner = null) => new(
        EngineErrorKind.ConnectionError, "RegistryUnreachable", $"Registry \"{registry}\" cannot be reached: {reason}.", registry,
        "Check the name, the network and the proxy (HTTPS_PROXY, NO_PROXY).", inner);

    internal static EngineException Tls(string registry, string reason, string action, Exception? inner = null) => new(
        EngineErrorKind.ConnectionError, "RegistryTlsFailed", $"Registry \"{registry}\" has no trustworthy TLS: {reason}.", registry,
            action, inner);

    internal static EngineException NoTls(string registry, Exception? inner) => Tls(
        registry, "it answers in something other than TLS, as a server of plain http does",
        "Give it a certificate, or allow http with insecure = true for it in registries.conf.", inner);

    internal static EngineException Protocol(string registry, string what) => new(
        EngineErrorKind.InvalidData, "RegistryProtocol", $"Registry \"{registry}\" gave an answer that makes no sense: {what}.", registry,
        "Check that this is a registry, and what stands between it and this host.");

    internal static EngineException Mismatch(string registry, string what, string expected) => new(
        EngineErrorKind.InvalidData, "DigestMismatch", $"Registry \"{registry}\" gave {what}, which is not {expected}.", expected,
        "Try again; if it happens again, the registry or a proxy in between is damaged.");

    internal static EngineException Unauthorized(string registry, string words, bool signedIn) => new(
        EngineErrorKind.AuthenticationError, "RegistryUnauthorized",
        signedIn
            ? $"Registry \"{registry}\" does not accept the credential{words}."
            : $"Registry \"{registry}\" wants to know who asks{words}" + Hub(registry),
        registry, "Sign in with Connect-ContainerRegistry.");

    internal static EngineException Blocked(string registry) => new(
        EngineErrorKind.PermissionDenied, "RegistryBlocked", $"Registry \"{registry}\" is blocked by registries.conf.", registry,
        "Take blocked = true out of the file, or use another registry.");

    /// <summary>An answer that is not what was asked for. Reads its body and disposes it.</summary>
    /// <param name="name">"docker.io/library/alpine:3.20": what was asked for.</param>
    internal static EngineException From(RegistryAnswer answer, string registry, RegistrySubject subject, string name, bool signedIn)
    {
        using (answer)
        {
            ErrorBody body = ErrorBody.Read(answer);
            return From(answer.Status, body, answer.RetryAfter, registry, subject, name, signedIn);
        }
    }

    private static EngineException From(
        HttpStatusCode status, ErrorBody body, TimeSpan? after, string registry, RegistrySubject subject, string name, bool signedIn)
    {
        string words = body.Words;
        bool unknownName = body.Has("NAME_UNKNOWN");
        switch (status)
        {
            case HttpStatusCode.Unauthorized:
                return Unauthorized(registry, words, signedIn);
            case HttpStatusCode.Forbidden:
                return new EngineException(
                    EngineErrorKind.PermissionDenied, "RegistryDenied",
                        $"Registry \"{registry}\" denies access to \"{name}\"{words}" + Hub(registry),
                    name, "Sign in as somebody who may do this, with Connect-ContainerRegistry.");
            case HttpStatusCode.NotFound when subject == RegistrySubject.Repository || (unknownName && subject != RegistrySubject.Service):
                return new EngineException(
                    EngineErrorKind.ObjectNotFound, "RepositoryNotFound",
                        $"There is no repository \"{name}\" in registry \"{registry}\"{words}.", name,
                    "Check the name; Find-ContainerImage searches.");
            case HttpStatusCode.NotFound when subject == RegistrySubject.Manifest:
                return new EngineException(
                    EngineErrorKind.ObjectNotFound, "ManifestNotFound", $"There is no \"{name}\" in registry \"{registry}\"{words}.", name,
                    "Find-ContainerImageTag lists the tags there are.");
            case HttpStatusCode.NotFound when subject == RegistrySubject.Blob:
                return new EngineException(
                    EngineErrorKind.ObjectNotFound, "BlobNotFound",
                        $"Registry \"{registry}\" lacks \"{name}\", which its own manifest names{words}.",
                    name, "Tell the owner of the repository: the image has to be pushed again.");
            case HttpStatusCode.TooManyRequests:
                string when = after is { } wait ? $" and wants {Math.Min(wait.TotalSeconds, 1e9):0} seconds of patience" : "";
                return new EngineException(
                    EngineErrorKind.LimitsExceeded, "RegistryTooManyRequests",
                        $"Registry \"{registry}\" has had too many requests{when}{words}.",
                    registry, "Wait, or sign in with Connect-ContainerRegistry for a higher limit.");
            case HttpStatusCode.RequestEntityTooLarge:
                return new EngineException(
                    EngineErrorKind.LimitsExceeded, "RegistryRefused",
                        $"Registry \"{registry}\" does not take \"{name}\": it is too large for it (413){words}.",
                    name, "Raise the limit of the registry or of the proxy before it (client_max_body_size).");
            default:
                return body.Has("DIGEST_INVALID")
                    ? Mismatch(registry, "an error that the content did not arrive as it was sent" + words, name)
                    : new EngineException(
                        EngineErrorKind.ResourceUnavailable, "RegistryRefused",
                            $"Registry \"{registry}\" answered {(int)status} for \"{name}\"{words}.",
                        name, (int)status >= 500 ? "Try again later." : "Check what the registry supports.");
        }
    }

    /// <summary>Docker Hub does not tell strangers whether a repository exists: it denies both.</summary>
    private static string Hub(string registry) =>
        registry == RegistryName.DockerHub ? "; Docker Hub says the same of a repository that does not exist." : ".";
}
