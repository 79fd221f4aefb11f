using System.Net;
using Containers.Engine.Networking.Allocation;
using Containers.Engine.Networking.Names;
using Containers.Engine.Networking.Netlink;

namespace Containers.Engine.Networking;

/// <summary>Judges settings as a whole: what docker's daemon refuses is refused, with the same reasons.</summary>
internal static class NetworkSettingsValidator
{
    internal static void Validate(NetworkSettings settings, NetworkStore store, RtnetlinkSocket host)
    {
        if (settings.BridgeName is not null && settings.BridgeAddress is not null)
        {
            throw Conflict("A bridge of your own keeps its address: BridgeName and BridgeIP exclude each other.", "Set one of them to $null.");
        }

        if (!settings.IPTables && !settings.InterContainerCommunication)
        {
            throw Conflict("Containers cannot be kept apart without the firewall.", "Use -IPTables:$true with -InterContainerCommunication:$false.");
        }

        ValidateBridge(settings, store, host);
        NetworkDefinitionCompiler.ValidateMtu(settings.Mtu);
        ValidateAddresses(settings, host);
        ValidateNames(settings.Dns, settings.DnsSearch, settings.DnsOptions);
        foreach (string pool in settings.AddressPools)
        {
            _ = AddressPool.Parse(pool);
        }

        if (settings.ChainPrefix.Length is 0 or > 14 || !settings.ChainPrefix.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c is '-' or '_')
            || !char.IsAsciiLetterUpper(settings.ChainPrefix[0]))
        {
            // The longest name made of it has 14 more; the kernel's limit is 28.
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidChainPrefix", $"\"{settings.ChainPrefix}\" cannot begin the name of a chain.", settings.ChainPrefix,
                "Use up to 14 capital letters and digits, such as CONTAINERS.");
        }

        if (settings.FirewallBackend is not ("auto" or "nft" or "legacy"))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidFirewallBackend", $"There is no firewall backend \"{settings.FirewallBackend}\".", settings.FirewallBackend,
                "Use auto, nft or legacy.");
        }
    }

    internal static void ValidateNames(IEnumerable<string> servers, IEnumerable<string> search, IEnumerable<string> options)
    {
        foreach (string server in servers)
        {
            ResolvConf.ValidateServer(server);
        }

        foreach (string domain in search)
        {
            ResolvConf.ValidateSearch(domain);
        }

        foreach (string option in options)
        {
            ResolvConf.ValidateOption(option);
        }
    }

    private static void ValidateBridge(NetworkSettings settings, NetworkStore store, RtnetlinkSocket host)
    {
        if (settings.BridgeName is null or NetworkSettings.NoBridge)
        {
            return;
        }

        InterfaceNames.Validate(settings.BridgeName);
        bool own = store.List().Any(record => record.BridgeName == settings.BridgeName);
        LinkInfo? link = host.FindLink(settings.BridgeName);
        if (link is null && !own)
        {
            throw BridgeInterface.NotFound(settings.BridgeName);
        }

        if (link is not null && link.Kind != "bridge")
        {
            throw new EngineException(
                EngineErrorKind.ResourceExists, "InterfaceExists", $"The interface \"{settings.BridgeName}\" exists, and it is no bridge.", settings.BridgeName,
                "Name a bridge; Get-ContainerBridge lists them.");
        }
    }

    private static void ValidateAddresses(NetworkSettings settings, RtnetlinkSocket host)
    {
        InterfaceAddress? bridge = settings.BridgeAddress is null ? null : SubnetValidation.ParseBridgeAddress(settings.BridgeAddress);
        IPNetwork? subnet = bridge?.Network ?? Existing(settings, host);
        if (settings.FixedCidr is not null)
        {
            _ = subnet is { } within ? SubnetValidation.ParseRange(settings.FixedCidr, within) : SubnetValidation.ParseSubnet(settings.FixedCidr);
        }

        if (settings.DefaultGateway is not null)
        {
            RequireAddress(settings.DefaultGateway, "DefaultGateway");
            if (subnet is { } within)
            {
                _ = SubnetValidation.ParseGateway(settings.DefaultGateway, within);
            }
        }

        if (settings.DefaultBindingAddress is not null)
        {
            RequireAddress(settings.DefaultBindingAddress, "DefaultBindingAddress");
        }

        if (settings.IPv6Subnet is not null && SubnetValidation.ParseSubnet(settings.IPv6Subnet).BaseAddress.AddressFamily != System.Net.Sockets.AddressFamily.InterNetworkV6)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidSubnet", $"\"{settings.IPv6Subnet}\" is no IPv6 subnet.", settings.IPv6Subnet,
                "Write it like fd00:dead:beef::/64.");
        }
    }

    private static IPNetwork? Existing(NetworkSettings settings, RtnetlinkSocket host) =>
        host.FindLink(settings.BridgeName ?? NetworkSettings.DefaultBridge) is { } link
        && host.GetAddresses(link.Index).Find(one => !one.Address.IsIPv6) is { } address
            ? address.Address.Network
            : null;

    private static void RequireAddress(string text, string parameter)
    {
        if (!InterfaceAddress.TryParseAddress(text, out _))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidAddress", $"\"{text}\" is no address.", text, $"Give -{parameter} one such as 192.168.5.1.");
        }
    }

    private static EngineException Conflict(string message, string action) =>
        new(EngineErrorKind.InvalidArgument, "ConflictingSettings", message, null, action);
}
