using System.Net;

namespace Containers.Engine.Networking.Firewall;

/// <summary>Everything the firewall depends on. The rules are a function of it alone (<see cref="FirewallCompiler"/>).</summary>
internal sealed record FirewallState
{
    /// <summary>Beginning of the chains' names.</summary>
    internal string Prefix { get; init; } = NetworkSettings.DefaultChainPrefix;

    /// <summary>The networks in use.</summary>
    internal IReadOnlyList<FirewallNetwork> Networks { get; init; } = [];

    internal IReadOnlyList<FirewallEndpoint> Endpoints { get; init; } = [];

    internal IReadOnlyList<FirewallLink> Links { get; init; } = [];
}

/// <summary>A bridge with its subnets.</summary>
internal sealed record FirewallNetwork
{
    /// <summary>For people; never in a rule.</summary>
    internal required string Name { get; init; }

    /// <summary>Hexadecimal, 12 digits or more.</summary>
    internal required string Id { get; init; }

    internal required string Bridge { get; init; }

    internal IPNetwork? IPv4 { get; init; }

    internal IPNetwork? IPv6 { get; init; }

    internal IPAddress? Gateway4 { get; init; }

    internal IPAddress? Gateway6 { get; init; }

    /// <summary>Containers of the network reach each other.</summary>
    internal bool InterContainer { get; init; } = true;

    /// <summary>No way in or out.</summary>
    internal bool Internal { get; init; }

    /// <summary>Containers go out under the host's address.</summary>
    internal bool Masquerade { get; init; } = true;

    /// <summary>Neighbours reach published ports at the containers' own addresses: no guard in raw, no masquerade.</summary>
    internal bool Routed { get; init; }

    /// <summary>
    /// Nothing from outside is addressed to a container: answers are to the host's address, and get the container's only after raw. Where
    /// containers go out under their own addresses that does not hold, and the openings in filter have to look for the translation.
    /// </summary>
    internal bool Guarded => (Masquerade || Internal) && !Routed;

    internal IPNetwork? Subnet(FirewallFamily family) => family == FirewallFamily.IPv4 ? IPv4 : IPv6;
}

/// <summary>A container's place on one bridge and what it publishes from there.</summary>
internal sealed record FirewallEndpoint
{
    /// <summary>The full id, hexadecimal.</summary>
    internal required string Container { get; init; }

    /// <summary>For people; never in a rule.</summary>
    internal required string ContainerName { get; init; }

    internal required string Bridge { get; init; }

    internal IPAddress? IPv4 { get; init; }

    internal IPAddress? IPv6 { get; init; }

    internal IReadOnlyList<FirewallPort> Ports { get; init; } = [];

    internal IPAddress? Address(FirewallFamily family) => family == FirewallFamily.IPv4 ? IPv4 : IPv6;
}

/// <summary>A published port.</summary>
/// <param name="HostAddress">Null for every address of the host, of both families; 0.0.0.0 and :: for every one of theirs.</param>
/// <param name="HostPort">1 to 65535.</param>
/// <param name="ContainerPort">1 to 65535.</param>
/// <param name="Protocol">tcp, udp or sctp.</param>
internal sealed record FirewallPort(IPAddress? HostAddress, int HostPort, int ContainerPort, string Protocol);

/// <summary>One port of another container that a linked container (the recipient, the owner of the rules) may use.</summary>
internal sealed record FirewallLink
{
    /// <summary>The recipient's full id, hexadecimal.</summary>
    internal required string Container { get; init; }

    internal required string Bridge { get; init; }

    /// <summary>The recipient's address.</summary>
    internal required IPAddress Source { get; init; }

    internal required IPAddress Target { get; init; }

    internal required int Port { get; init; }

    /// <summary>tcp, udp or sctp.</summary>
    internal required string Protocol { get; init; }
}
