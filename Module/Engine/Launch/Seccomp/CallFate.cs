namespace Containers.Engine.Launch.Seccomp;

/// <summary>One way in which a call gets a verdict other than the default.</summary>
/// <param name="Rule">The position of its rule; alternatives of one rule for several calls are one block of the program.</param>
/// <param name="Conditions">All must hold.</param>
/// <param name="Verdict">What happens then.</param>
internal sealed record Alternative(int Rule, IReadOnlyList<SeccompCondition> Conditions, SeccompVerdict Verdict);

/// <summary>What the rules say about one system call: one verdict always, or alternatives that are tried in order.</summary>
internal sealed class CallFate(SeccompVerdict? always)
{
    // Most calls have none.
    private List<Alternative>? _alternatives;

    internal SeccompVerdict? Always { get; private set; } = always;

    internal IReadOnlyList<Alternative> Alternatives => _alternatives ?? [];

    /// <summary>Equal for equal alternatives. The first condition tells a multiplexed call from its rule.</summary>
    internal string Key => string.Join(';', Alternatives.Select(static a => $"{a.Rule}:{a.Conditions[0]}"));

    internal void Add(Alternative alternative)
    {
        if (alternative.Conditions.Count == 0)
        {
            Always ??= alternative.Verdict;
        }
        else
        {
            (_alternatives ??= []).Add(alternative);
        }
    }

    /// <summary>Whether two neighbouring calls can share a range.</summary>
    internal bool SameAs(CallFate other) =>
        ReferenceEquals(this, other) || (Always is { } verdict && other.Always == verdict);
}
