namespace Containers.Engine.Launch;

/// <summary>An entry of a container's /etc/passwd.</summary>
/// <param name="Name">As the file has it: it comes from the container.</param>
/// <param name="Uid">User id in the container.</param>
/// <param name="Shell">Its shell, which need not exist; empty when the file says none.</param>
public sealed record ContainerUser(string Name, uint Uid, string Shell);
