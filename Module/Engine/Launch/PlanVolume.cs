namespace Containers.Engine.Launch;

/// <summary>A volume that the monitor lets go of when a container removes itself. All paths are the engine's own.</summary>
/// <param name="User">The file that says that the container has it.</param>
/// <param name="Directory">The volume.</param>
/// <param name="Trash">Where it is moved before it is deleted; null for one that stays.</param>
internal sealed record PlanVolume(string User, string Directory, string? Trash)
{
    internal IEnumerable<string> Texts => [Directory + "/lock", Directory + "/users", User, Directory, Trash!];
}
