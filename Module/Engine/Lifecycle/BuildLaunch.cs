using System.Runtime.InteropServices;
using Containers.Engine.Launch;

namespace Containers.Engine.Lifecycle;

/// <summary>What the start of a build's step has besides the record.</summary>
internal sealed record BuildLaunch
{
    /// <summary>What it writes is read once, right after its end: it need not reach the disk.</summary>
    internal bool ThrowAway { get; init; }

    /// <summary>What RUN --mount has mounted.</summary>
    internal IReadOnlyList<PlannedMount> Mounts { get; init; } = [];

    /// <summary>A memory file that <see cref="LaunchSteps.CopySecret"/> reads from; null for none.</summary>
    internal SafeHandle? Secrets { get; init; }

    internal IReadOnlyDictionary<string, string> SecretVariables { get; init; } = new Dictionary<string, string>();
}
