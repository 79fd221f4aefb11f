namespace Containers.Engine.Building;

/// <summary>Where a secret is: it is read when a step needs it, and kept nowhere.</summary>
/// <param name="Path">A file of the host; null where it is a variable.</param>
/// <param name="Variable">A variable of the session; null where it is a file.</param>
public sealed record BuildSecret(string? Path, string? Variable);
