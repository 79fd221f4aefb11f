namespace Containers.Engine.Networking;

/// <summary>One rule the engine keeps in the host's firewall, with whom it is for and why it is there.</summary>
public sealed record ContainerFirewallRule
{
    public required FirewallFamily Family { get; init; }

    /// <summary>raw, filter or nat.</summary>
    public required string Table { get; init; }

    public required string Chain { get; init; }

    /// <summary>The rule as iptables-save prints it behind "-A CHAIN ".</summary>
    public required string Rule { get; init; }

    /// <summary>Id of the container or network the rule is for; null for the rules all of them share.</summary>
    public string? Owner { get; init; }

    public string? OwnerName { get; init; }

    /// <summary>A short phrase, for example "published port 8080/tcp".</summary>
    public required string Reason { get; init; }

    /// <summary>A rule of a chain of the system that leads into a chain of ours.</summary>
    public bool IsJump { get; init; }
}
