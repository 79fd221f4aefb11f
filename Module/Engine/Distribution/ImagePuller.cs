using System.Diagnostics.CodeAnalysis;
using Containers.Engine.Events;
using Containers.Engine.Images;
using Containers.Engine.Registry;

namespace Containers.Engine.Distribution;

/// <summary>Decides whether an image has to come from a registry, and from which.</summary>
internal sealed partial class ImagePuller(ImageStore store, RegistryAccess registries, EventLog? events = null)
{
    /// <summary>So many hexadecimal digits are an id that somebody copied, not a repository of docker.io.</summary>
    private const int LikelyId = 12;

    /// <summary>See <see cref="ContainerEngine.EnsureImage"/>.</summary>
    internal ContainerImage Ensure(string image, PullOptions options, CancellationToken cancel)
    {
        ContainerImage? local = store.Find(image, out bool byId);
        if (local is not null && byId)
        {
            return Fits(local, options) ? local : throw Mismatch(image, local, options);
        }

        if (IsId(image))
        {
            throw DistributionErrors.NotHere(image);
        }

        try
        {
            return Pull(image, options, cancel);
        }
        catch (EngineException e) when (options.Policy == PullPolicy.Missing && IsUsable(local)
            && (DistributionErrors.IsAbsence(e) || DistributionErrors.IsUnreachable(e)))
        {
            // A damaged layer that can be read may be all there is of it.
            options.Warning?.Invoke($"{local.Damage} It cannot be pulled again: {e.Message}");
            return local;
        }
        catch (EngineException e) when (options.Policy == PullPolicy.Missing && DistributionErrors.IsAbsence(e))
        {
            throw local is { State: ImageState.Damaged } ? DistributionErrors.Damaged(local) : DistributionErrors.NotToBeHad(image, e);
        }
    }

    /// <summary>See <see cref="ContainerEngine.Pull"/>.</summary>
    internal ContainerImage Pull(string text, PullOptions options, CancellationToken cancel)
    {
        ImageReference reference = ParseName(text);
        IReadOnlyList<ImageReference> candidates = registries.Candidates(reference, text);
        if (options.Policy is PullPolicy.Missing or PullPolicy.Never && FindLocal(candidates) is ContainerImage local)
        {
            if (local.State == ImageState.Ready && Fits(local, options))
            {
                return local;
            }

            if (options.Policy == PullPolicy.Never)
            {
                throw local.State == ImageState.Ready ? Mismatch(text, local, options) : DistributionErrors.Damaged(local);
            }
        }

        if (options.Policy == PullPolicy.Never)
        {
            throw DistributionErrors.NotHere(text);
        }

        try
        {
            ContainerImage pulled = FromCandidates(text, candidates, options, cancel);
            events?.Write(pulled, EventActions.Pull, text);
            return pulled;
        }
        catch (EngineException e) when (options.Policy == PullPolicy.Newer && DistributionErrors.IsUnreachable(e))
        {
            if (FindLocal(candidates) is not { State: ImageState.Ready } here || !Fits(here, options))
            {
                throw;
            }

            options.Warning?.Invoke($"What is on this host is used for '{text}': {e.Message}");
            return here;
        }
    }

    /// <summary>A name that a registry could have.</summary>
    /// <exception cref="EngineException">InvalidImageReference.</exception>
    internal static ImageReference ParseName(string text) => text.StartsWith("sha256:", StringComparison.Ordinal)
        ? throw new EngineException(
            EngineErrorKind.InvalidArgument, "InvalidImageReference", $"'{text}' is not an image name: it is an id.", text,
            "Write it as [registry/]name[:tag] or [registry/]name@digest.")
        : ImageReference.Parse(text);

    /// <summary>Damaged by a check's word only: everything that a container needs to start is there.</summary>
    private bool IsUsable([NotNullWhen(true)] ContainerImage? image) => image is { State: ImageState.Damaged } && store.TryOpen(image.Id) is not null;

    private static bool IsId(string text) => text.StartsWith("sha256:", StringComparison.Ordinal)
        || (text.Length >= LikelyId && text.All(char.IsAsciiHexDigitLower));

    private ContainerImage? FindLocal(IReadOnlyList<ImageReference> candidates) =>
        candidates.Select(store.Find).FirstOrDefault(image => image is not null);

    /// <summary>Only a platform that somebody asked for is a reason not to take what is here.</summary>
    private bool Fits(ContainerImage image, PullOptions options) => options.Platform is null || image.State != ImageState.Ready
        || PlatformChoice.Fits(options.Platform, store.Open(image.Id).Config);

    private EngineException Mismatch(string text, ContainerImage image, PullOptions options) => DistributionErrors.PlatformMismatch(
        text, options.Platform ?? ImagePlatform.Current, store.Open(image.Id).Config);

    private ContainerImage FromCandidates(
        string text, IReadOnlyList<ImageReference> candidates, PullOptions options, CancellationToken cancel)
    {
        if (candidates.Count == 1)
        {
            return FromRegistry(candidates[0], options, cancel);
        }

        List<(ImageReference Tried, EngineException Failure)> failures = [];
        foreach (ImageReference candidate in candidates)
        {
            try
            {
                return FromRegistry(candidate, options, cancel);
            }
            catch (EngineException e) when (DistributionErrors.IsRegistryFault(e))
            {
                failures.Add((candidate, e));
            }
        }

        throw DistributionErrors.NoCandidate(text, failures);
    }

    private ContainerImage FromRegistry(ImageReference reference, PullOptions options, CancellationToken cancel)
    {
        IReadOnlyList<RegistryRepository> places = registries.OpenForPull(reference, options.Credential);
        for (int i = 0; i < places.Count - 1; i++)
        {
            try
            {
                return FromPlace(places[i], reference, options, cancel);
            }
            catch (EngineException e) when (DistributionErrors.IsMirrorFault(e))
            {
                options.Warning?.Invoke($"A mirror of '{reference.Domain}' was passed over: {e.Message}");
            }
        }

        return FromPlace(places[^1], reference, options, cancel);
    }
}
