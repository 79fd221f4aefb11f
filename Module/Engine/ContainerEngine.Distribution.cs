using Containers.Engine.Distribution;
using Containers.Engine.Events;
using Containers.Engine.Images;
using Containers.Engine.Registry;

namespace Containers.Engine;

/// <summary>Images from and to registries.</summary>
public sealed partial class ContainerEngine
{
    /// <summary>Sees to it that an image is on this host, by the policy, for a container that is to be made.</summary>
    /// <param name="image">As the user wrote it: a reference, an id, or its beginning (these are never pulled).</param>
    /// <returns>What a container may name as its image.</returns>
    /// <exception cref="EngineException">ImageNotFound: neither here nor to be had. PlatformMismatch. What a pull throws.</exception>
    public ContainerImage EnsureImage(string image, PullOptions options, CancellationToken cancel) =>
        Puller(options, cancel).Ensure(image, options, cancel);

    /// <summary>Pulls one image and names it as it was called for; an image that had the name loses it.</summary>
    /// <param name="reference">As the user wrote it: short names go by registries.conf.</param>
    /// <exception cref="EngineException">
    /// What RegistryRepository throws; ImageNotFound with Policy Never; PlatformNotFound; what an import throws. Layers that came whole stay for the
    /// next attempt.
    /// </exception>
    public ContainerImage Pull(string reference, PullOptions options, CancellationToken cancel) =>
        Puller(options, cancel).Pull(reference, options, cancel);

    /// <summary>Tags of a repository, for -AllTags and Find-ContainerImageTag.</summary>
    /// <param name="detailed">Ask for digest and platforms of each.</param>
    /// <param name="authFile">The only file with credentials that is read; null for those of docker and podman.</param>
    public IEnumerable<ContainerImageTag> FindTags(
        string repository, bool detailed, RegistryCredential? credential, string? authFile, CancellationToken cancel) =>
        new TagFinder(RegistryAccess.Of(_registries, null, authFile, cancel)).Find(repository, detailed, credential, cancel);

    /// <param name="image">What to push: a reference, id or its beginning.</param>
    /// <param name="target">Where; null for the reference itself.</param>
    public PushedImage Push(string image, string? target, PushOptions options, CancellationToken cancel)
    {
        PushedImage pushed = new ImagePusher(Images, RegistryAccess.Of(_registries, options.Retry, options.AuthFile, cancel)).Push(image, target, options, cancel);
        _events.Write(ContainerEventType.Image, EventActions.Push, pushed.ImageId, pushed.Reference, ("digest", pushed.Digest));
        return pushed;
    }

    private ImagePuller Puller(PullOptions options, CancellationToken cancel) =>
        new(Images, RegistryAccess.Of(_registries, options.Retry, options.AuthFile, cancel), _events);
}
