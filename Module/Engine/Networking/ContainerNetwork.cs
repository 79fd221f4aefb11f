using System.Net;

namespace Containers.Engine.Networking;

/// <summary>How a network reaches the world.</summary>
public enum NetworkDriver
{
    /// <summary>A bridge of this host; out through NAT.</summary>
    Bridge,

    /// <summary>Children of an interface of the host, each with a hardware address of its own: they are on its LAN.</summary>
    Macvlan,

    /// <summary>The same, with the parent's hardware address.</summary>
    Ipvlan,
}

public enum GatewayMode
{
    /// <summary>Out under the host's address; in through published ports only.</summary>
    Nat,

    /// <summary>No address translation: the network around knows the way to the subnet.</summary>
    Routed,
}

/// <summary>A network at one moment.</summary>
public sealed record ContainerNetwork
{
    public required string Name { get; init; }

    /// <summary>64 hexadecimal digits.</summary>
    public required string Id { get; init; }

    public string ShortId => Id[..12];

    public NetworkDriver Driver { get; init; }

    /// <summary>The bridge's interface name; empty for other drivers.</summary>
    public string BridgeName { get; init; } = "";

    /// <summary>The host's interface of macvlan and ipvlan.</summary>
    public string Parent { get; init; } = "";

    public int? Vlan { get; init; }

    /// <summary>IPv4 first. Of a default bridge that does not exist yet: those it would get now.</summary>
    public IReadOnlyList<IPNetwork> Subnets { get; init; } = [];

    public IReadOnlyList<IPAddress> Gateways { get; init; } = [];

    /// <summary>The part of the IPv4 subnet that addresses are taken from.</summary>
    public IPNetwork? IPRange { get; init; }

    public bool IPv6 => Subnets.Any(subnet => subnet.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6);

    /// <summary>Nothing of it leaves the host.</summary>
    public bool Internal { get; init; }

    public int Mtu { get; init; }

    public bool InterContainerCommunication { get; init; } = true;

    public bool Masquerade { get; init; } = true;

    public GatewayMode GatewayMode { get; init; }

    /// <summary>Its containers find each other by name.</summary>
    public bool Names { get; init; } = true;

    public IPAddress? HostBindingAddress { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public DateTimeOffset? Created { get; init; }

    /// <summary>The one that containers are on when nothing is said.</summary>
    public bool IsDefault { get; init; }

    /// <summary>Names of the running containers on it.</summary>
    public IReadOnlyList<string> Containers { get; init; } = [];
}

/// <summary>What a new network is to be. Texts are judged by the engine.</summary>
public sealed record NetworkDefinition
{
    public required string Name { get; init; }

    public NetworkDriver Driver { get; init; }

    /// <summary>At most one IPv4 and one IPv6 subnet; empty for one the engine chooses.</summary>
    public IReadOnlyList<string> Subnets { get; init; } = [];

    public IReadOnlyList<string> Gateways { get; init; } = [];

    public IReadOnlyList<string> IPRanges { get; init; } = [];

    /// <summary>Addresses that are never given to a container, by what they are for.</summary>
    public IReadOnlyDictionary<string, string> AuxiliaryAddresses { get; init; } = new Dictionary<string, string>();

    /// <summary>An IPv6 subnet is chosen when none is named.</summary>
    public bool IPv6 { get; init; }

    public bool Internal { get; init; }

    /// <summary>null for br- and the beginning of the id.</summary>
    public string? BridgeName { get; init; }

    public string? Parent { get; init; }

    public int? Vlan { get; init; }

    public int? Mtu { get; init; }

    public bool InterContainerCommunication { get; init; } = true;

    public bool Masquerade { get; init; } = true;

    public GatewayMode GatewayMode { get; init; }

    public bool Names { get; init; } = true;

    public string? HostBindingAddress { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}
