namespace Containers.Engine.Networking;

/// <summary>
/// What is set for the networks of this host, kept in <c>settings.json</c>. Each null is the engine's own choice. The names docker gives
/// the same things are in the comments.
/// </summary>
public sealed record NetworkSettings
{
    /// <summary>-b: an existing bridge that is adopted with its address, <c>none</c> for no networks at all, null for <c>containers0</c>.</summary>
    public string? BridgeName { get; init; }

    /// <summary>--bip: address and prefix of the bridge the engine makes, for example 192.168.5.1/24. Not together with <see cref="BridgeName"/>.</summary>
    public string? BridgeAddress { get; init; }

    /// <summary>--fixed-cidr: the part of the bridge's subnet that containers get addresses from.</summary>
    public string? FixedCidr { get; init; }

    /// <summary>--default-gateway: instead of the bridge's own address.</summary>
    public string? DefaultGateway { get; init; }

    /// <summary>--mtu, 68 to 65535; null for that of the default route's interface, then 1500.</summary>
    public int? Mtu { get; init; }

    /// <summary>--icc: containers on the default bridge reach each other.</summary>
    public bool InterContainerCommunication { get; init; } = true;

    /// <summary>--iptables: false leaves the firewall alone; nothing can be published then.</summary>
    public bool IPTables { get; init; } = true;

    /// <summary>--ip-forward: forwarding is switched on where it is off.</summary>
    public bool IPForward { get; init; } = true;

    /// <summary>--ip-masq: containers go out under the host's address.</summary>
    public bool IPMasquerade { get; init; } = true;

    /// <summary>--ip: where ports are published when the publisher names no address; null for all.</summary>
    public string? DefaultBindingAddress { get; init; }

    /// <summary>--ipv6 and --fixed-cidr-v6 in one: the default bridge's IPv6 subnet, for example fd00:dead:beef::/64; null for no IPv6.</summary>
    public string? IPv6Subnet { get; init; }

    public IReadOnlyList<string> Dns { get; init; } = [];

    public IReadOnlyList<string> DnsSearch { get; init; } = [];

    public IReadOnlyList<string> DnsOptions { get; init; } = [];

    /// <summary>--default-address-pool: new networks get a subnet of these; empty for the engine's list. BASE/PREFIX=SIZE, for example 10.20.0.0/16=24.</summary>
    public IReadOnlyList<string> AddressPools { get; init; } = [];

    /// <summary>Beginning of the names of the engine's chains: <c>CONTAINERS</c>; <c>DOCKER</c> repeats the names of 2014 on a host without docker.</summary>
    public string ChainPrefix { get; init; } = DefaultChainPrefix;

    /// <summary>auto (what the host's <c>iptables</c> is), nft or legacy.</summary>
    public string FirewallBackend { get; init; } = "auto";

    internal const string DefaultChainPrefix = "CONTAINERS";

    /// <summary>The bridge the engine makes for itself.</summary>
    internal const string DefaultBridge = "containers0";

    /// <summary>The value of <see cref="BridgeName"/> that turns networking off.</summary>
    internal const string NoBridge = "none";
}
