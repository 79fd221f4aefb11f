using System.Collections;
using System.Globalization;
using System.Net.NetworkInformation;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>What the format views of networks show. Names that came from elsewhere go through <see cref="ContainerDisplay.Plain"/>.</summary>
public static class NetworkDisplay
{
    /// <summary>What a setting shows that is left to the engine.</summary>
    private const string Automatic = "(automatic)";

    // Named as the parameters of Set-ContainerHost are.
    private static readonly (string Name, Func<NetworkSettings, object?> Value)[] s_settings =
    [
        ("BridgeName", settings => settings.BridgeName),
        ("BridgeIP", settings => settings.BridgeAddress),
        ("FixedCidr", settings => settings.FixedCidr),
        ("DefaultGateway", settings => settings.DefaultGateway),
        ("IPv6Subnet", settings => settings.IPv6Subnet),
        ("DefaultAddressPool", settings => settings.AddressPools),
        ("Mtu", settings => settings.Mtu),
        ("InterContainerCommunication", settings => settings.InterContainerCommunication),
        ("IPTables", settings => settings.IPTables),
        ("IPForward", settings => settings.IPForward),
        ("IPMasquerade", settings => settings.IPMasquerade),
        ("DefaultBindingAddress", settings => settings.DefaultBindingAddress),
        ("Dns", settings => settings.Dns),
        ("DnsSearch", settings => settings.DnsSearch),
        ("DnsOption", settings => settings.DnsOptions),
        ("ChainPrefix", settings => settings.ChainPrefix),
        ("FirewallBackend", settings => settings.FirewallBackend),
    ];

    /// <summary>Addresses, subnets or names with commas between.</summary>
    public static string Join(IEnumerable? items) =>
        ContainerDisplay.Plain(string.Join(", ", (items ?? Array.Empty<object>()).Cast<object?>().Select(Text)));

    /// <summary>A setting, or that it is left to the engine.</summary>
    public static string Setting(object? value) => value switch
    {
        null or "" => Automatic,
        string text => ContainerDisplay.Plain(text),
        IEnumerable list => Join(list) is { Length: > 0 } joined ? joined : Automatic,
        _ => Text(value),
    };

    /// <summary>The settings that are not the engine's own choice, one in a line.</summary>
    public static string Settings(NetworkSettings settings) =>
        string.Join('\n', Differences(new NetworkSettings(), settings).Select(difference => $"{difference.Name} {difference.After}"))
            is { Length: > 0 } changed ? changed : "defaults";

    /// <summary>What is plugged into a bridge, one in a line: the host's end, the container and its end.</summary>
    public static string Ports(ContainerBridge bridge)
    {
        ArgumentNullException.ThrowIfNull(bridge);
        return string.Join('\n', bridge.Ports.Select(Port));
    }

    /// <summary>02:42:ac:11:00:02; nothing for an interface that is missing.</summary>
    public static string Mac(PhysicalAddress? address) => string.Join(
        ':', (address ?? PhysicalAddress.None).GetAddressBytes().Select(part => part.ToString("x2", CultureInfo.InvariantCulture)));

    /// <summary>Whom a rule is for: the name, or the beginning of the id where the owner is gone.</summary>
    public static string Owner(ContainerFirewallRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        return ContainerDisplay.Plain(rule.Owner.Length > 0 || rule.OwnerId.Length < 12 ? rule.Owner : rule.OwnerId[..12]);
    }

    /// <summary>Where a rule stands: "IPv4 nat POSTROUTING".</summary>
    public static string Place(ContainerFirewallRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        return ContainerDisplay.Plain($"{rule.Family} {rule.Table} {rule.Chain}");
    }

    internal static IEnumerable<(string Name, string Before, string After)> Differences(NetworkSettings before, NetworkSettings after) =>
        s_settings.Select(setting => (setting.Name, Before: Setting(setting.Value(before)), After: Setting(setting.Value(after))))
            .Where(setting => setting.Before != setting.After);

    private static string Port(ContainerBridgePort port) => ContainerDisplay.Plain(
        port.Container.Length == 0 ? port.Interface : $"{port.Interface} ({port.Container} {port.ContainerInterface})");

    private static string Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
