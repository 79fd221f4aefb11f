using Containers.Engine.Launch;
using Containers.Engine.Launch.Seccomp;

namespace Containers.Engine.Tests.Launch.Seccomp;

/// <summary>What a profile says about a call, word for word: the slow and obvious way that the compiled program is held against.</summary>
/// <remarks>A call of arm has two names; a rule on either counts.</remarks>
internal static class ProfileEvaluator
{
    internal static SeccompVerdict Evaluate(
        SeccompProfile profile, string goName, CapabilitySet caps, Version kernel, IReadOnlyCollection<string> aliases, ulong[] arguments)
    {
        SeccompVerdict? conditional = null;
        foreach (SeccompRule rule in profile.Rules)
        {
            if (!rule.Names.Any(aliases.Contains) || rule.Verdict == profile.DefaultVerdict || !Counts(rule, goName, caps, kernel))
            {
                continue;
            }

            if (rule.Conditions.Count == 0)
            {
                return rule.Verdict;
            }

            if (rule.Conditions.All(c => Holds(c, arguments[c.Index])))
            {
                conditional ??= rule.Verdict;
            }
        }

        return conditional ?? profile.DefaultVerdict;
    }

    private static bool Counts(SeccompRule rule, string goName, CapabilitySet caps, Version kernel)
    {
        if (rule.Excludes.Architectures.Contains(goName)
            || rule.Excludes.Capabilities.Any(caps.Contains)
            || (rule.Excludes.MinKernel is not null && kernel >= rule.Excludes.MinKernel))
        {
            return false;
        }

        return (rule.Includes.Architectures.Count == 0 || rule.Includes.Architectures.Contains(goName))
            && rule.Includes.Capabilities.All(caps.Contains)
            && (rule.Includes.MinKernel is null || kernel >= rule.Includes.MinKernel);
    }

    private static bool Holds(SeccompCondition condition, ulong argument) => condition.Operator switch
    {
        SeccompComparison.NotEqual => argument != condition.Value,
        SeccompComparison.Less => argument < condition.Value,
        SeccompComparison.LessOrEqual => argument <= condition.Value,
        SeccompComparison.Equal => argument == condition.Value,
        SeccompComparison.GreaterOrEqual => argument >= condition.Value,
        SeccompComparison.Greater => argument > condition.Value,
        _ => (argument & condition.Value) == condition.ValueTwo,
    };
}
