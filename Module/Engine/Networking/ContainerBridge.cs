using System.Net.NetworkInformation;

namespace Containers.Engine.Networking;

/// <summary>A bridge of this host at one moment, the engine's or not, with what is plugged into it.</summary>
public sealed record ContainerBridge
{
    public required string Name { get; init; }

    public int Index { get; init; }

    /// <summary>IPv4 first.</summary>
    public IReadOnlyList<InterfaceAddress> Addresses { get; init; } = [];

    public PhysicalAddress MacAddress { get; init; } = PhysicalAddress.None;

    public int Mtu { get; init; }

    /// <summary>Up, Down, or Missing for a bridge of the engine's that somebody has deleted.</summary>
    public string State { get; init; } = "";

    /// <summary>The network that uses it, or empty.</summary>
    public string Network { get; init; } = "";

    /// <summary>The engine made it, and makes it again when it is missing.</summary>
    public bool Managed { get; init; }

    public bool? InterContainerCommunication { get; init; }

    public IReadOnlyList<ContainerBridgePort> Ports { get; init; } = [];
}

/// <param name="Interface">The host's end.</param>
/// <param name="Container">Name of the container at the other end, or empty.</param>
/// <param name="ContainerInterface">The other end's name, or empty.</param>
public sealed record ContainerBridgePort(string Interface, string Container, string ContainerInterface);

/// <summary>What a new bridge is to be.</summary>
public sealed record BridgeDefinition
{
    public required string Name { get; init; }

    /// <summary>ADDRESS/PREFIX: the gateway of its containers; null for the next free subnet.</summary>
    public string? Address { get; init; }

    public string? IPv6Address { get; init; }

    public int? Mtu { get; init; }

    public bool InterContainerCommunication { get; init; } = true;

    public bool Masquerade { get; init; } = true;
}

/// <summary>Changes of a bridge; null leaves a thing as it is.</summary>
public sealed record BridgeChange
{
    public string? Address { get; init; }

    public int? Mtu { get; init; }

    public bool? InterContainerCommunication { get; init; }

    public bool? Masquerade { get; init; }
}
