namespace Containers.Engine.Launch;

/// <summary>How a container is connected. Addresses and names are texts here, as they stand in the record; they were validated.</summary>
public sealed record NetworkSpec
{
    public const string None = "none";

    public const string Host = "host";

    /// <summary>The name of the default network.</summary>
    public const string Bridge = "bridge";

    /// <summary>The mode of a container with interfaces of its own: it is on <see cref="Networks"/>.</summary>
    public const string Own = "own";

    /// <summary><c>none</c> (loopback only), <c>host</c>, <c>container:ID</c>, or <c>own</c>.</summary>
    public string Mode { get; init; } = Own;

    /// <summary>The networks of mode <c>own</c>, in the order of their interfaces; empty for the default network.</summary>
    public IReadOnlyList<NetworkAttachment> Networks { get; init; } = [];

    public IReadOnlyList<PortPublication> Published { get; init; } = [];

    /// <summary>Every exposed port that is not in <see cref="Published"/> gets a port of the host.</summary>
    public bool PublishAll { get; init; }

    /// <summary>Ports besides those the image exposes.</summary>
    public IReadOnlyList<ContainerPort> Exposed { get; init; } = [];

    public IReadOnlyList<LinkSpec> Links { get; init; } = [];

    /// <summary>Name servers; empty for the host settings', then the host's own.</summary>
    public IReadOnlyList<string> Dns { get; init; } = [];

    /// <summary>Search domains; a single "." for none at all.</summary>
    public IReadOnlyList<string> DnsSearch { get; init; } = [];

    public IReadOnlyList<string> DnsOptions { get; init; } = [];

    /// <summary>Lines of /etc/hosts besides the engine's.</summary>
    public IReadOnlyList<HostEntry> HostEntries { get; init; } = [];

    /// <summary>Interfaces besides those of the networks, as pipework made them.</summary>
    public IReadOnlyList<AdapterSpec> Adapters { get; init; } = [];
}

/// <param name="Network">Name of the network.</param>
public sealed record NetworkAttachment(string Network)
{
    /// <summary>Names, besides the container's own, under which the others on this network find it.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>A fixed IPv4 address; null for the next free one.</summary>
    public string? IPAddress { get; init; }

    public string? IPv6Address { get; init; }

    /// <summary>Six bytes, 02:42:ac:11:00:02; null for one that follows from the address.</summary>
    public string? MacAddress { get; init; }

    /// <summary>null for eth0, eth1 and so on.</summary>
    public string? InterfaceName { get; init; }

    /// <summary>The default route goes through the network with the highest number, the first one among equals.</summary>
    public int GatewayPriority { get; init; }
}

/// <param name="Number">1 to 65535.</param>
/// <param name="Protocol"><c>tcp</c>, <c>udp</c> or <c>sctp</c>.</param>
public sealed record ContainerPort(int Number, string Protocol)
{
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Number}/{Protocol}");
}

/// <summary>One port of a container at one of the host. Ranges were taken apart before.</summary>
/// <param name="HostAddress">null for the host settings', then every address.</param>
/// <param name="HostPort">0 for one the engine chooses.</param>
/// <param name="Port">The port in the container.</param>
public sealed record PortPublication(string? HostAddress, int HostPort, ContainerPort Port)
{
    /// <summary>The last of several host ports of which the first free one is taken; 0 for just <see cref="HostPort"/>.</summary>
    public int LastHostPort { get; init; }
}

/// <param name="Container">Id of the container that is linked to.</param>
/// <param name="Alias">The name under which it is found, also in the variables.</param>
public sealed record LinkSpec(string Container, string Alias);

/// <param name="Address">An address, or <c>host-gateway</c> for the host as the container reaches it.</param>
/// <param name="Name">The host name.</param>
public sealed record HostEntry(string Address, string Name)
{
    public const string HostGateway = "host-gateway";
}

/// <summary>One more interface in a container, beside those of its networks (what pipework did).</summary>
public sealed record AdapterSpec
{
    /// <summary>Name inside: eth1.</summary>
    public required string Name { get; init; }

    /// <summary>The bridge its other end is in; null with <see cref="Parent"/>.</summary>
    public string? Bridge { get; init; }

    /// <summary>The interface of the host it is a macvlan child of; null with <see cref="Bridge"/>.</summary>
    public string? Parent { get; init; }

    /// <summary>ADDRESS/PREFIX, or null for none.</summary>
    public string? Address { get; init; }

    /// <summary>Replaces the default route.</summary>
    public string? Gateway { get; init; }

    public string? MacAddress { get; init; }

    /// <summary>802.1Q tag, 1 to 4094, on <see cref="Parent"/>.</summary>
    public int? Vlan { get; init; }

    public int? Mtu { get; init; }
}
