using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Containers.Engine.Networking.Allocation;

/// <summary>Checks of what a user says about a network's addresses; each failure names the value and what it should be.</summary>
internal static class SubnetValidation
{
    private static readonly IPNetwork[] s_special =
    [
        IPNetwork.Parse("0.0.0.0/8"),
        IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("224.0.0.0/3"),
        IPNetwork.Parse("::/8"), // unspecified, loopback and IPv4-mapped
        IPNetwork.Parse("fe80::/10"),
        IPNetwork.Parse("ff00::/8"),
    ];

    /// <summary>The shortest and the longest prefix of a subnet: a longer one has no room for a gateway and a container.</summary>
    internal static (int Shortest, int Longest) Prefixes(AddressFamily family) =>
        family == AddressFamily.InterNetwork ? (8, 30) : (8, 126);

    /// <summary>Parses NETWORK/PREFIX.</summary>
    /// <exception cref="EngineException">InvalidSubnet.</exception>
    internal static IPNetwork ParseSubnet(string text)
    {
        const string Action = "Write it as NETWORK/PREFIX, for example 10.20.0.0/24.";
        if (!InterfaceAddress.TryParse(text, out InterfaceAddress? parsed))
        {
            throw Invalid("InvalidSubnet", $"\"{text}\" is no subnet.", text, Action);
        }

        IPNetwork subnet = RequireSubnet(parsed!, text, Action);
        return subnet.BaseAddress.Equals(parsed!.Address)
            ? subnet
            : throw Invalid("InvalidSubnet", $"\"{text}\" is an address inside the subnet {subnet}.", text, $"Write {subnet}, or another subnet.");
    }

    /// <summary>Parses the address of a bridge, ADDRESS/PREFIX, which is one that an interface can have.</summary>
    /// <exception cref="EngineException">InvalidSubnet.</exception>
    internal static InterfaceAddress ParseBridgeAddress(string text)
    {
        const string Action = "Write it as ADDRESS/PREFIX, for example 192.168.5.1/24.";
        if (!InterfaceAddress.TryParse(text, out InterfaceAddress? parsed))
        {
            throw Invalid("InvalidSubnet", $"\"{text}\" is no address with a prefix.", text, Action);
        }

        IPNetwork subnet = RequireSubnet(parsed!, text, Action);
        return Unusable(parsed!.Address, subnet) is { } what
            ? throw Invalid("InvalidSubnet", $"\"{text}\" is {what} of its subnet, which no interface can have.", text, Action)
            : parsed;
    }

    /// <summary>Parses the part of a subnet that addresses are given from.</summary>
    /// <exception cref="EngineException">InvalidRange.</exception>
    internal static IPNetwork ParseRange(string text, IPNetwork subnet)
    {
        string action = $"Write it as NETWORK/PREFIX inside {subnet}.";
        if (!InterfaceAddress.TryParse(text, out InterfaceAddress? parsed))
        {
            throw Invalid("InvalidRange", $"\"{text}\" is no range of addresses.", text, action);
        }

        IPNetwork range = parsed!.Network;
        if (!range.BaseAddress.Equals(parsed.Address))
        {
            throw Invalid("InvalidRange", $"\"{text}\" is an address inside the range {range}.", text, $"Write {range}, or another range.");
        }

        return AddressNumbers.Covers(subnet, range)
            ? range
            : throw Invalid("InvalidRange", $"The range {text} is not inside the subnet {subnet}.", text, action);
    }

    /// <summary>Parses a gateway: an address of the subnet that an interface can have.</summary>
    /// <exception cref="EngineException">InvalidGateway.</exception>
    internal static IPAddress ParseGateway(string text, IPNetwork subnet)
    {
        string action = $"Name an address of {subnet}, for example {AddressNumbers.AddressAt(subnet, 1)}.";
        if (!InterfaceAddress.TryParseAddress(text, out IPAddress? address))
        {
            throw Invalid("InvalidGateway", $"\"{text}\" is no IP address.", text, action);
        }

        if (!subnet.Contains(address!))
        {
            throw Invalid("InvalidGateway", $"The gateway {text} is not in the subnet {subnet}.", text, action);
        }

        return Unusable(address!, subnet) is { } what
            ? throw Invalid("InvalidGateway", $"{text} is {what} of {subnet} and cannot be a gateway.", text, action)
            : address!;
    }

    /// <exception cref="EngineException">SubnetOverlaps, with what it overlaps.</exception>
    internal static void RequireFree(IPNetwork subnet, SubnetsInUse inUse)
    {
        if (inUse.Overlap(subnet) is { } other)
        {
            throw new EngineException(
                EngineErrorKind.ResourceExists, "SubnetOverlaps", $"The subnet {subnet} overlaps {other}.", subnet.ToString(),
                "Choose another subnet, or name none to get a free one.");
        }
    }

    /// <summary>"the network address" or "the broadcast address" where it is that, else null.</summary>
    internal static string? Unusable(IPAddress address, IPNetwork subnet)
    {
        if (address.Equals(subnet.BaseAddress))
        {
            return "the network address";
        }

        return address.AddressFamily == AddressFamily.InterNetwork && address.Equals(AddressNumbers.LastAddress(subnet))
            ? "the broadcast address"
            : null;
    }

    private static IPNetwork RequireSubnet(InterfaceAddress parsed, string text, string action)
    {
        (int shortest, int longest) = Prefixes(parsed.Address.AddressFamily);
        if (parsed.PrefixLength < shortest || parsed.PrefixLength > longest)
        {
            throw Invalid(
                "InvalidSubnet",
                string.Create(CultureInfo.InvariantCulture, $"The prefix length of \"{text}\" is not between {shortest} and {longest}."), text, action);
        }

        IPNetwork subnet = parsed.Network;
        return s_special.Any(special => AddressNumbers.Overlap(special, subnet))
            ? throw Invalid("InvalidSubnet", $"\"{text}\" is a part of the address space that networks cannot have.", text, action)
            : subnet;
    }

    private static EngineException Invalid(string errorId, string message, string target, string action) =>
        new(EngineErrorKind.InvalidArgument, errorId, message, target, action);
}
