using System.Globalization;
using System.Net;

namespace Containers.Engine.Networking;

/// <summary>A port of a container and where it is published; without <see cref="HostPort"/> it is exposed only, or its container does not run.</summary>
public sealed record ContainerPortMapping
{
    public required string Container { get; init; }

    public required string ContainerId { get; init; }

    public int ContainerPort { get; init; }

    public string Protocol { get; init; } = "tcp";

    /// <summary>null for a port that is only exposed.</summary>
    public IPAddress? HostAddress { get; init; }

    /// <summary>null for a port that is only exposed; 0 for one that is chosen at the start.</summary>
    public int? HostPort { get; init; }

    /// <summary>0.0.0.0:49153->80/tcp.</summary>
    public override string ToString()
    {
        if (HostPort is null)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{ContainerPort}/{Protocol}");
        }

        string host = HostAddress?.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{HostAddress}]" : HostAddress?.ToString() ?? "";
        return string.Create(CultureInfo.InvariantCulture, $"{host}:{HostPort}->{ContainerPort}/{Protocol}");
    }
}

/// <param name="Container">The container that finds the other.</param>
/// <param name="ContainerId">Its id.</param>
/// <param name="Target">The container that is found.</param>
/// <param name="TargetId">Its id.</param>
/// <param name="Alias">Under this name.</param>
public sealed record ContainerLink(string Container, string ContainerId, string Target, string TargetId, string Alias);

/// <param name="Container">Name of the container.</param>
/// <param name="ContainerId">Its id.</param>
/// <param name="IPAddress">The address as it stands in the file.</param>
/// <param name="HostName">One of the names for it; each name of a line is an entry.</param>
public sealed record ContainerHostEntry(string Container, string ContainerId, string IPAddress, string HostName);

/// <summary>A cable between two containers, or a container and the host: no bridge, two addresses, one route at each end.</summary>
public sealed record ContainerPeerLink
{
    public required string Container { get; init; }

    public required string ContainerId { get; init; }

    /// <summary>The other container, or empty for the host.</summary>
    public string Peer { get; init; } = "";

    public string PeerId { get; init; } = "";

    public string Interface { get; init; } = "";

    public string PeerInterface { get; init; } = "";

    public IPAddress IPAddress { get; init; } = IPAddress.None;

    public IPAddress PeerIPAddress { get; init; } = IPAddress.None;

    public int Mtu { get; init; }
}

/// <summary>What a new cable is to be.</summary>
public sealed record PeerLinkDefinition
{
    public required string Container { get; init; }

    /// <summary>null for the host.</summary>
    public string? Peer { get; init; }

    public required string IPAddress { get; init; }

    public required string PeerIPAddress { get; init; }

    /// <summary>Names of the two ends; null for peer0, peer1 and so on, whichever is free.</summary>
    public string? InterfaceName { get; init; }

    public string? PeerInterfaceName { get; init; }

    public int? Mtu { get; init; }
}

/// <summary>Something about the networks that is not as it should be.</summary>
/// <param name="Kind">RuleMissing, RuleForeign, RuleOrder, ChainShadowed, BridgeMissing, BridgeDown, AddressMissing, AdapterMissing, AdapterUnplugged, ForwardingOff, RouteConflict.</param>
/// <param name="Subject">The bridge, the container, the rule.</param>
/// <param name="Message">A sentence.</param>
/// <param name="Repairable">Repair-ContainerNetwork can put it right.</param>
public sealed record ContainerNetworkProblem(string Kind, string Subject, string Message, bool Repairable);
