using Containers.Engine.Registry;

namespace Containers.Engine;

/// <summary>Registries: who is signed in where, and what they have.</summary>
public sealed partial class ContainerEngine
{
    /// <summary>Signs in: asks the registry first, then keeps the credential.</summary>
    /// <param name="registry">"quay.io", "localhost:5000", also with a namespace ("quay.io/team"); docker.io where null.</param>
    /// <param name="authFile">Where the credential is kept; the user's auth.json where null.</param>
    public ContainerRegistry ConnectRegistry(string? registry, RegistryCredential credential, string? authFile, CancellationToken cancel) =>
        _registries.Connect(registry ?? RegistryName.DockerHub, credential, authFile, cancel);

    /// <returns>False where nobody had signed in.</returns>
    public bool DisconnectRegistry(string? registry, string? authFile) =>
        _registries.Disconnect(registry ?? RegistryName.DockerHub, authFile);

    /// <summary>What auth files and registries.conf name, by name.</summary>
    public IReadOnlyList<ContainerRegistry> GetRegistries(string? authFile) => _registries.List(authFile);

    /// <param name="registry">Docker Hub where neither this nor the term names one.</param>
    /// <param name="first">At most so many.</param>
    public IEnumerable<ContainerImageSearchResult> Search(
        string term, string? registry, int first, RegistryCredential? credential, CancellationToken cancel) =>
        _registries.Search(term, registry, first, credential, cancel);
}
