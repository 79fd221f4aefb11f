using Containers.Engine.Registry;

namespace Containers.Cmdlets;

/// <summary>What the views of registries show.</summary>
public static class RegistryDisplay
{
    /// <summary>What is set for a registry: "insecure, mirrors: a, b".</summary>
    public static string Notes(ContainerRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(registry);
        string[] notes =
        [
            registry.Blocked ? "blocked" : "",
            registry.Insecure ? "insecure" : "",
            registry.Mirrors.Count > 0 ? "mirrors: " + string.Join(", ", registry.Mirrors) : "",
        ];
        return ContainerDisplay.Plain(string.Join(", ", notes.Where(note => note.Length > 0)));
    }
}
