using Containers.Engine.Images;
using Containers.Engine.Registry;

namespace Containers.Engine.Distribution;

/// <summary>What pulls and pushes need of the world of registries.</summary>
/// <param name="Candidates">What a name as written may stand for, best first.</param>
/// <param name="OpenForPull">Mirrors first, then the registry itself.</param>
/// <param name="OpenForPush">The registry itself.</param>
internal sealed record RegistryAccess(
    Func<ImageReference, string, IReadOnlyList<ImageReference>> Candidates,
    Func<ImageReference, RegistryCredential?, IReadOnlyList<RegistryRepository>> OpenForPull,
    Func<ImageReference, RegistryCredential?, RegistryRepository> OpenForPush)
{
    /// <summary>With the credentials of docker's and podman's files.</summary>
    internal static RegistryAccess Of(RegistryService service, int? retry, CancellationToken cancel) => Of(service, retry, null, cancel);

    /// <param name="service">The registries of the world.</param>
    /// <param name="retry">Further attempts after a transient failure; null for the engine's own number.</param>
    /// <param name="authFile">The only file with credentials that is read; null for those of docker and podman.</param>
    /// <param name="cancel">Ends what opening a registry may take: a credential helper, for one.</param>
    internal static RegistryAccess Of(RegistryService service, int? retry, string? authFile, CancellationToken cancel) => new(
        service.Candidates,
        (reference, credential) => service.OpenForPull(reference, credential, retry, authFile, cancel),
        (reference, credential) => service.OpenForPush(reference, credential, retry, authFile, cancel));
}
