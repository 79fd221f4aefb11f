namespace Containers.Engine.Launch.Seccomp;

/// <summary>What happens to some system calls.</summary>
/// <param name="Names">System calls; those that an architecture does not have are skipped there.</param>
/// <param name="Verdict">What happens when all conditions hold.</param>
/// <param name="Conditions">All must hold, also several on one argument. Alternatives are rules of their own.</param>
/// <param name="Includes">The rule counts only where all of this is true.</param>
/// <param name="Excludes">The rule does not count where any of this is true.</param>
public sealed record SeccompRule(
    IReadOnlyList<string> Names,
    SeccompVerdict Verdict,
    IReadOnlyList<SeccompCondition> Conditions,
    SeccompScope Includes,
    SeccompScope Excludes)
{
    /// <summary>Whether the rule counts, as moby decides it (profiles/seccomp, setupSeccomp).</summary>
    /// <param name="architecture">Go's name of the host's architecture.</param>
    /// <param name="capabilities">The bounding set of the container.</param>
    /// <param name="kernel">The running kernel.</param>
    internal bool Counts(string architecture, CapabilitySet capabilities, Version kernel)
    {
        bool excluded = Excludes.Architectures.Contains(architecture)
            || Excludes.Capabilities.Any(capabilities.Contains)
            || (Excludes.MinKernel is { } below && kernel >= below);
        bool included = (Includes.Architectures.Count == 0 || Includes.Architectures.Contains(architecture))
            && Includes.Capabilities.All(capabilities.Contains)
            && (Includes.MinKernel is not { } from || kernel >= from);
        return included && !excluded;
    }
}
