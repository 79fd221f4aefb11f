namespace Containers.Cmdlets;

/// <summary>How a command in a container ended.</summary>
/// <param name="Container">The container's name.</param>
/// <param name="Command">The program and its arguments.</param>
/// <param name="ExitCode">Exit code, or 128 + signal; null when nobody saw it.</param>
/// <param name="Signal">The signal that ended it, or null.</param>
public sealed record ContainerCommandResult(string Container, IReadOnlyList<string> Command, int? ExitCode, int? Signal);
