using Containers.Engine.Images;

namespace Containers.Engine.Registry;

/// <summary>
/// The registries of the world: which one a name means (registries.conf: short names, mirrors, blocked, insecure), how to reach it (TLS, CA
/// folders), as whom (auth files, credential helpers). Holds connections and tokens for the session; no other state. Thread-safe.
/// </summary>
internal sealed class RegistryService : IDisposable
{
    /// <summary>What a short name may stand for, best first: an alias of registries.conf, else each unqualified-search registry, else docker.io.</summary>
    internal IReadOnlyList<ImageReference> Candidates(ImageReference reference, string asWritten) => throw new NotImplementedException();

    /// <summary>Mirrors first, then the registry itself.</summary>
    /// <exception cref="EngineException">RegistryBlocked.</exception>
    internal IReadOnlyList<RegistryRepository> OpenForPull(ImageReference reference, RegistryCredential? credential) => throw new NotImplementedException();

    internal RegistryRepository OpenForPush(ImageReference reference, RegistryCredential? credential) => throw new NotImplementedException();

    /// <summary>Signs in and, when the registry agrees, keeps the credential.</summary>
    /// <param name="authFile">Where, or null for the default.</param>
    internal ContainerRegistry Connect(string registry, RegistryCredential credential, string? authFile, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>False where nobody had signed in.</summary>
    internal bool Disconnect(string registry, string? authFile) => throw new NotImplementedException();

    internal IReadOnlyList<ContainerRegistry> List(string? authFile) => throw new NotImplementedException();

    /// <summary>Docker Hub by its search, others by their catalog.</summary>
    internal IEnumerable<ContainerImageSearchResult> Search(string term, string? registry, int first, RegistryCredential? credential, CancellationToken cancel) => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}
