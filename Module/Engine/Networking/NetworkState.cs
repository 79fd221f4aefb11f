using System.Text.Json.Serialization;

namespace Containers.Engine.Networking;

/// <summary>What a running container has of networks: written before it is made, deleted after it is gone. The firewall's rules follow from it.</summary>
internal sealed record NetworkState
{
    public required string ContainerId { get; init; }

    public required string ContainerName { get; init; }

    /// <summary>Beginning with the one that carries published ports.</summary>
    public IReadOnlyList<InterfaceState> Interfaces { get; init; } = [];

    public IReadOnlyList<PortState> Ports { get; init; } = [];

    public IReadOnlyList<LinkState> Links { get; init; } = [];

    /// <summary>The interface that published ports lead to and whose address stands in /etc/hosts: the first of a network.</summary>
    [JsonIgnore]
    internal InterfaceState? Primary => Interfaces.FirstOrDefault(one => one.NetworkId.Length > 0);
}

/// <summary>One interface. Addresses are texts, with their prefix where an interface has them.</summary>
internal sealed record InterfaceState
{
    /// <summary>Name inside.</summary>
    public required string Name { get; init; }

    [JsonConverter(typeof(JsonStringEnumConverter<AdapterKind>))]
    public AdapterKind Kind { get; init; }

    public string Network { get; init; } = "";

    /// <summary>Empty for an interface that belongs to no network.</summary>
    public string NetworkId { get; init; } = "";

    /// <summary>The bridge, or the parent.</summary>
    public string Bridge { get; init; } = "";

    public string HostInterface { get; init; } = "";

    public string? IPv4 { get; init; }

    public string? IPv6 { get; init; }

    /// <summary>Of its network; null for one that leads nowhere.</summary>
    public string? Gateway { get; init; }

    public string? Gateway6 { get; init; }

    /// <summary>The container's default routes go through this interface.</summary>
    public bool DefaultRoute { get; init; }

    /// <summary>The others on the network find it by name.</summary>
    public bool Names { get; init; } = true;

    /// <summary>The bridge's ports do not reach each other below the firewall.</summary>
    public bool Isolated { get; init; }

    public string MacAddress { get; init; } = "";

    public int Mtu { get; init; }

    public IReadOnlyList<string> Aliases { get; init; } = [];

    [JsonIgnore]
    internal InterfaceAddress? IPv4Address => InterfaceAddress.TryParse(IPv4, out InterfaceAddress? address) ? address : null;

    [JsonIgnore]
    internal InterfaceAddress? IPv6Address => InterfaceAddress.TryParse(IPv6, out InterfaceAddress? address) ? address : null;
}

/// <param name="HostAddress">0.0.0.0 and :: for all.</param>
/// <param name="HostPort">Never 0 here.</param>
/// <param name="ContainerPort">The port inside.</param>
/// <param name="Protocol">tcp, udp, sctp.</param>
internal sealed record PortState(string HostAddress, int HostPort, int ContainerPort, string Protocol);

/// <param name="TargetId">The container that is linked to.</param>
/// <param name="TargetName">Its name when the link was made.</param>
/// <param name="Alias">Its name here.</param>
/// <param name="TargetAddress">Its IPv4 address on the common network.</param>
/// <param name="SourceAddress">The recipient's own on it.</param>
/// <param name="Bridge">The common network's bridge.</param>
/// <param name="Ports">port/protocol of what the target exposes.</param>
internal sealed record LinkState(
    string TargetId, string TargetName, string Alias, string TargetAddress, string SourceAddress, string Bridge, IReadOnlyList<string> Ports);

/// <summary>A cable between containers, or a container and the host.</summary>
/// <param name="PeerId">Empty for the host.</param>
internal sealed record PeerLinkState(
    string ContainerId, string Interface, string Address, string PeerId, string PeerInterface, string PeerAddress, int Mtu);

[JsonSerializable(typeof(NetworkRecord))]
[JsonSerializable(typeof(NetworkState))]
[JsonSerializable(typeof(PeerLinkState))]
[JsonSerializable(typeof(HostSettings))]
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class NetworkJson : JsonSerializerContext;

/// <summary>What Set-ContainerHost keeps, in <c>settings.json</c>.</summary>
internal sealed record HostSettings
{
    internal const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    public NetworkSettings Network { get; init; } = new();

    public Storage.StorageSettings Storage { get; init; } = new();

    public Lifecycle.LogSettings Log { get; init; } = new();
}
