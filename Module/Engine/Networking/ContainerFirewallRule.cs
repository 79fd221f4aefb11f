namespace Containers.Engine.Networking;

/// <summary>A rule of the engine's, why it is there and for whom.</summary>
public sealed record ContainerFirewallRule
{
    /// <summary>IPv4 or IPv6.</summary>
    public required string Family { get; init; }

    public required string Table { get; init; }

    public required string Chain { get; init; }

    /// <summary>As iptables-save prints it, after <c>-A CHAIN</c>.</summary>
    public required string Rule { get; init; }

    /// <summary>Id of the container or network; empty for what belongs to all.</summary>
    public string OwnerId { get; init; } = "";

    /// <summary>Name of the container or network.</summary>
    public string Owner { get; init; } = "";

    public required string Reason { get; init; }
}
