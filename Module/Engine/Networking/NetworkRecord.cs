using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace Containers.Engine.Networking;

/// <summary>A network as it stands on disk. The default network has no file: it follows from the host's settings.</summary>
internal sealed record NetworkRecord
{
    internal const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    public required string Id { get; init; }

    public required string Name { get; init; }

    [JsonConverter(typeof(JsonStringEnumConverter<NetworkDriver>))]
    public NetworkDriver Driver { get; init; }

    public string BridgeName { get; init; } = "";

    /// <summary>The engine makes the bridge, and deletes it with the network.</summary>
    public bool OwnsBridge { get; init; }

    public string Parent { get; init; } = "";

    public int? Vlan { get; init; }

    public SubnetRecord? IPv4 { get; init; }

    public SubnetRecord? IPv6 { get; init; }

    public bool Internal { get; init; }

    /// <summary>null for that of the default route's interface.</summary>
    public int? Mtu { get; init; }

    public bool InterContainerCommunication { get; init; } = true;

    public bool Masquerade { get; init; } = true;

    [JsonConverter(typeof(JsonStringEnumConverter<GatewayMode>))]
    public GatewayMode GatewayMode { get; init; }

    public bool Names { get; init; } = true;

    public string? HostBindingAddress { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public DateTimeOffset? Created { get; init; }

    [JsonIgnore]
    internal IEnumerable<SubnetRecord> Subnets => new[] { IPv4, IPv6 }.OfType<SubnetRecord>();

    internal static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <summary>Of the default network, whose id is the same on every host.</summary>
    internal static string DefaultId { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes("network:" + Launch.NetworkSpec.Bridge)));
}

/// <summary>One address family of a network.</summary>
internal sealed record SubnetRecord
{
    /// <summary>172.18.0.0/16.</summary>
    public required string Subnet { get; init; }

    /// <summary>Where the containers' default route goes; null for none.</summary>
    public string? Gateway { get; init; }

    /// <summary>The bridge's own address and prefix; null for other drivers.</summary>
    public string? BridgeAddress { get; init; }

    /// <summary>The part addresses are taken from; null for all of it.</summary>
    public string? Range { get; init; }

    /// <summary>Never given to a container.</summary>
    public IReadOnlyDictionary<string, string> Auxiliary { get; init; } = new Dictionary<string, string>();

    [JsonIgnore]
    internal IPNetwork Network => IPNetwork.Parse(Subnet);

    [JsonIgnore]
    internal IPNetwork Pool => IPNetwork.Parse(Range ?? Subnet);

    [JsonIgnore]
    internal IPAddress? GatewayAddress => Gateway is null ? null : IPAddress.Parse(Gateway);

    [JsonIgnore]
    internal InterfaceAddress? BridgeInterfaceAddress => InterfaceAddress.TryParse(BridgeAddress, out InterfaceAddress? address) ? address : null;
}
