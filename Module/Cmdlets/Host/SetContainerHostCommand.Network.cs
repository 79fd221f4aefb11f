using System.Management.Automation;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>The settings themselves, each with dockerd's name for it.</summary>
public sealed partial class SetContainerHostCommand
{
    /// <summary>-b: an existing bridge to adopt, or none.</summary>
    [Parameter, ArgumentCompleter(typeof(BridgeOrNoneCompleter))]
    [Alias("Bridge")]
    [NetworkNameTransformation]
    [AllowNull, AllowEmptyString]
    public string? BridgeName { get; set; }

    /// <summary>--bip: ADDRESS/PREFIX of the bridge that the engine makes.</summary>
    [Parameter]
    [Alias("Bip")]
    [AllowNull, AllowEmptyString]
    public string? BridgeIP { get; set; }

    /// <summary>--fixed-cidr: the part of the bridge's subnet that containers get addresses from.</summary>
    [Parameter]
    [AllowNull, AllowEmptyString]
    public string? FixedCidr { get; set; }

    /// <summary>--default-gateway.</summary>
    [Parameter]
    [AllowNull, AllowEmptyString]
    public string? DefaultGateway { get; set; }

    /// <summary>--fixed-cidr-v6: the default bridge's IPv6 subnet.</summary>
    [Parameter]
    [AllowNull, AllowEmptyString]
    public string? IPv6Subnet { get; set; }

    /// <summary>--default-address-pool: BASE/PREFIX=SIZE.</summary>
    [Parameter]
    [AllowNull, AllowEmptyCollection, AllowEmptyString]
    public string[]? DefaultAddressPool { get; set; }

    /// <summary>--mtu, bytes.</summary>
    [Parameter]
    [AllowNull]
    public int? Mtu { get; set; }

    /// <summary>--icc.</summary>
    [Parameter]
    [Alias("Icc")]
    [AllowNull]
    public bool? InterContainerCommunication { get; set; }

    /// <summary>--iptables.</summary>
    [Parameter]
    [AllowNull]
    public bool? IPTables { get; set; }

    /// <summary>--ip-forward.</summary>
    [Parameter]
    [AllowNull]
    public bool? IPForward { get; set; }

    /// <summary>--ip-masq.</summary>
    [Parameter]
    [Alias("IPMasq")]
    [AllowNull]
    public bool? IPMasquerade { get; set; }

    /// <summary>--ip: where ports are published when the publisher names no address.</summary>
    [Parameter]
    [AllowNull, AllowEmptyString]
    public string? DefaultBindingAddress { get; set; }

    /// <summary>--dns.</summary>
    [Parameter]
    [AllowNull, AllowEmptyCollection, AllowEmptyString]
    public string[]? Dns { get; set; }

    /// <summary>--dns-search.</summary>
    [Parameter]
    [AllowNull, AllowEmptyCollection, AllowEmptyString]
    public string[]? DnsSearch { get; set; }

    /// <summary>--dns-opt.</summary>
    [Parameter]
    [AllowNull, AllowEmptyCollection, AllowEmptyString]
    public string[]? DnsOption { get; set; }

    /// <summary>Beginning of the names of the engine's chains.</summary>
    [Parameter]
    [AllowNull, AllowEmptyString]
    public string? ChainPrefix { get; set; }

    /// <summary>auto, nft or legacy.</summary>
    [Parameter, ArgumentCompleter(typeof(FirewallBackendCompleter))]
    [AllowNull, AllowEmptyString]
    public string? FirewallBackend { get; set; }

    private NetworkSettings Change(NetworkSettings settings)
    {
        NetworkSettings own = new();
        return settings with
        {
            BridgeName = Text(nameof(BridgeName), BridgeName, settings.BridgeName),
            BridgeAddress = Text(nameof(BridgeIP), BridgeIP, settings.BridgeAddress),
            FixedCidr = Text(nameof(FixedCidr), FixedCidr, settings.FixedCidr),
            DefaultGateway = Text(nameof(DefaultGateway), DefaultGateway, settings.DefaultGateway),
            IPv6Subnet = Text(nameof(IPv6Subnet), IPv6Subnet, settings.IPv6Subnet),
            AddressPools = List(nameof(DefaultAddressPool), DefaultAddressPool, settings.AddressPools),
            Mtu = IsGiven(nameof(Mtu)) ? Mtu : settings.Mtu,
            InterContainerCommunication = Flag(
                nameof(InterContainerCommunication), InterContainerCommunication, settings.InterContainerCommunication,
                own.InterContainerCommunication),
            IPTables = Flag(nameof(IPTables), IPTables, settings.IPTables, own.IPTables),
            IPForward = Flag(nameof(IPForward), IPForward, settings.IPForward, own.IPForward),
            IPMasquerade = Flag(nameof(IPMasquerade), IPMasquerade, settings.IPMasquerade, own.IPMasquerade),
            DefaultBindingAddress = Text(nameof(DefaultBindingAddress), DefaultBindingAddress, settings.DefaultBindingAddress),
            Dns = List(nameof(Dns), Dns, settings.Dns),
            DnsSearch = List(nameof(DnsSearch), DnsSearch, settings.DnsSearch),
            DnsOptions = List(nameof(DnsOption), DnsOption, settings.DnsOptions),
            ChainPrefix = Text(nameof(ChainPrefix), ChainPrefix, settings.ChainPrefix) ?? own.ChainPrefix,
            FirewallBackend = Text(nameof(FirewallBackend), FirewallBackend, settings.FirewallBackend)?.ToLowerInvariant()
                ?? own.FirewallBackend,
        };
    }

    private bool IsGiven(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);

    private string? Text(string parameter, string? given, string? kept) =>
        !IsGiven(parameter) ? kept : string.IsNullOrEmpty(given) ? null : given;

    private bool Flag(string parameter, bool? given, bool kept, bool own) => IsGiven(parameter) ? given ?? own : kept;

    private IReadOnlyList<string> List(string parameter, string?[]? given, IReadOnlyList<string> kept) =>
        IsGiven(parameter) ? [.. (given ?? []).OfType<string>().Where(item => item.Length > 0)] : kept;
}
