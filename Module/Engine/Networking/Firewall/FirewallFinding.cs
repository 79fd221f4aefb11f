namespace Containers.Engine.Networking.Firewall;

internal enum FirewallDrift
{
    /// <summary>A rule is not there.</summary>
    MissingRule,

    /// <summary>A rule stands in a chain of ours that we did not put there.</summary>
    ForeignRule,

    /// <summary>A rule stands behind one that must come after it.</summary>
    WrongOrder,

    /// <summary>Nothing leads into a chain of ours.</summary>
    MissingJump,

    /// <summary>A rule before our jump decides first.</summary>
    ShadowedJump,

    /// <summary>A rule or jump stands there more than once.</summary>
    DuplicateRule,
}

/// <summary>One difference between the rules that should be and those that are.</summary>
/// <param name="Rule">The text of the rule it is about.</param>
/// <param name="Message">One sentence for a person.</param>
internal sealed record FirewallFinding(
    FirewallDrift Kind, FirewallFamily Family, string Table, string Chain, string Rule, string Message);
