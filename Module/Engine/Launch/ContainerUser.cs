namespace Containers.Engine.Launch;

/// <summary>An entry of a container's /etc/passwd.</summary>
/// <param name="Name">As the file has it: it comes from the container.</param>
/// <param name="Uid">User id in the container.</param>
public sealed record ContainerUser(string Name, uint Uid);
