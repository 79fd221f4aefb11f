using Containers.Engine.Registry;

namespace Containers.Engine;

/// <summary>Registries: who is signed in where, and what they have.</summary>
public sealed partial class ContainerEngine
{
    public ContainerRegistry ConnectRegistry(string? registry, RegistryCredential credential, string? authFile, CancellationToken cancel) => throw new NotImplementedException();

    /// <returns>False where nobody had signed in.</returns>
    public bool DisconnectRegistry(string? registry, string? authFile) => throw new NotImplementedException();

    public IReadOnlyList<ContainerRegistry> GetRegistries(string? authFile) => throw new NotImplementedException();

    public IEnumerable<ContainerImageSearchResult> Search(string term, string? registry, int first, RegistryCredential? credential, CancellationToken cancel) =>
        throw new NotImplementedException();
}
