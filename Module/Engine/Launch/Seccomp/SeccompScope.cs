namespace Containers.Engine.Launch.Seccomp;

/// <summary>The includes or excludes of a rule: on which containers and hosts it counts. Empty parts say nothing.</summary>
/// <param name="Capabilities">Names. An include wants all of them, an exclude any of them.</param>
/// <param name="Architectures">Go's names of the host's architecture: amd64, arm64. Any of them.</param>
/// <param name="MinKernel">Major and minor version.</param>
public sealed record SeccompScope(
    IReadOnlyList<string> Capabilities, IReadOnlyList<string> Architectures, Version? MinKernel)
{
    internal static SeccompScope Empty { get; } = new([], [], null);
}
