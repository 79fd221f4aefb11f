namespace Containers.Engine.Networking.Firewall;

/// <summary>
/// One rule. What it is, family to text, is its identity: set arithmetic on rules compares that and not whom it is for, because that is all
/// the kernel's table can tell.
/// </summary>
internal sealed record FirewallRule(FirewallFamily Family, string Table, string Chain, string Text)
{
    /// <summary>Id of the container or network; null for the rules all share.</summary>
    internal string? Owner { get; init; }

    internal string? OwnerName { get; init; }

    internal required string Reason { get; init; }

    /// <summary>Rules of a chain stand in the order of their phases; within one phase their order means nothing.</summary>
    internal int Phase { get; init; }

    /// <summary>In a chain of the system, leading into one of ours.</summary>
    internal bool IsJump { get; init; }

    public bool Equals(FirewallRule? other) =>
        other is not null && Family == other.Family && Table == other.Table && Chain == other.Chain && Text == other.Text;

    public override int GetHashCode() => HashCode.Combine(Family, Table, Chain, Text);

    internal ContainerFirewallRule ToPublic() => new()
    {
        Family = Family.ToString(), Table = Table, Chain = Chain, Rule = Text, OwnerId = Owner ?? "", Owner = OwnerName ?? "", Reason = Reason,
    };
}
