using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Containers.Engine.Networking.Firewall;

/// <summary>
/// The words of a rule, made of checked values only: what a user or an image chose never becomes part of one (security.md S51). The form is
/// the one that iptables-save prints, so that texts can be compared.
/// </summary>
internal static class RuleText
{
    /// <summary>A name the kernel takes for an interface and iptables takes for no option or pattern.</summary>
    internal static string Bridge(string name) =>
        name.Length is > 0 and <= 15 && name[0] != '-' && name is not ("." or "..")
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-')
            ? name
            : throw Invalid("bridge", name);

    /// <summary>The first 12 digits of an id, as the comment that names a rule's owner.</summary>
    internal static string Comment(string id) =>
        id.Length >= 12 && id.All(char.IsAsciiHexDigitLower)
            ? $" -m comment --comment {id[..12]}"
            : throw Invalid("id", id);

    internal static string Protocol(string protocol) =>
        protocol is "tcp" or "udp" or "sctp" ? protocol : throw Invalid("protocol", protocol);

    internal static string Port(int port) =>
        port is > 0 and <= 65535
            ? port.ToString(CultureInfo.InvariantCulture)
            : throw Invalid("port", port.ToString(CultureInfo.InvariantCulture));

    internal static string Subnet(IPNetwork subnet, FirewallFamily family) =>
        string.Create(CultureInfo.InvariantCulture, $"{Address(subnet.BaseAddress, family)}/{subnet.PrefixLength}");

    /// <summary>ADDRESS/32 or ADDRESS/128.</summary>
    internal static string Host(IPAddress address, FirewallFamily family) =>
        Address(address, family) + (family == FirewallFamily.IPv4 ? "/32" : "/128");

    /// <summary>Where a translation leads: ADDRESS:PORT, [ADDRESS]:PORT.</summary>
    internal static string Destination(IPAddress address, int port, FirewallFamily family) =>
        family == FirewallFamily.IPv4 ? $"{Address(address, family)}:{Port(port)}" : $"[{Address(address, family)}]:{Port(port)}";

    internal static FirewallFamily FamilyOf(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork ? FirewallFamily.IPv4 : FirewallFamily.IPv6;

    private static string Address(IPAddress address, FirewallFamily family)
    {
        if (FamilyOf(address) != family)
        {
            throw Invalid("address", address.ToString());
        }

        // A scope (%eth0) is no part of an address in a rule.
        return family == FirewallFamily.IPv4 ? address.ToString() : new IPAddress(address.GetAddressBytes()).ToString();
    }

    private static EngineException Invalid(string what, string value) => new(
        EngineErrorKind.InvalidData, "FirewallValueInvalid", $"The {what} \"{value}\" cannot be part of a firewall rule.", value,
        "Look at the network and the container it belongs to with Get-ContainerNetwork and Get-ContainerPort.");
}
