using System.Net;

namespace Containers.Engine.Networking;

/// <summary>What kind of interface a container has.</summary>
public enum AdapterKind
{
    /// <summary>One end of a pair; the other is in a bridge.</summary>
    Bridge,
    Macvlan,
    Ipvlan,

    /// <summary>One end of a pair; the other is in another container, or alone on the host.</summary>
    Peer,
}

/// <summary>An interface of a running container.</summary>
public sealed record ContainerNetworkAdapter
{
    /// <summary>Name of the container.</summary>
    public required string Container { get; init; }

    public required string ContainerId { get; init; }

    /// <summary>Name inside: eth0.</summary>
    public required string Name { get; init; }

    public AdapterKind Kind { get; init; }

    /// <summary>Name of the network, or empty for one that was added by hand.</summary>
    public string Network { get; init; } = "";

    /// <summary>The bridge, or the parent of macvlan.</summary>
    public string Bridge { get; init; } = "";

    /// <summary>Name of the other end on the host, or empty.</summary>
    public string HostInterface { get; init; } = "";

    public InterfaceAddress? IPAddress { get; init; }

    public InterfaceAddress? IPv6Address { get; init; }

    public IPAddress? Gateway { get; init; }

    /// <summary>02:42:ac:11:00:02.</summary>
    public string MacAddress { get; init; } = "";

    public int Mtu { get; init; }

    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>It was there when last looked: false for one that somebody has deleted.</summary>
    public bool Present { get; init; } = true;
}
