using System.Net;
using System.Net.Sockets;

namespace Containers.Engine.Networking.Allocation;

/// <summary>A port of the host that is kept for a container.</summary>
/// <param name="HostAddress">null for all addresses of both families; 0.0.0.0 and :: for all of one.</param>
/// <param name="Protocol"><c>tcp</c>, <c>udp</c> or <c>sctp</c>.</param>
internal sealed record HostPortLease(string Owner, IPAddress? HostAddress, int Port, string Protocol)
{
    private const string AllAddresses = "*";

    /// <summary>The address as it stands in files: no address parses to this text for null.</summary>
    internal static string AddressText(IPAddress? address) => address?.ToString() ?? AllAddresses;

    internal static bool TryParseAddress(string text, out IPAddress? address)
    {
        address = null;
        return text == AllAddresses || InterfaceAddress.TryParseAddress(text, out address);
    }

    /// <summary>Whether traffic to one address could be meant for both.</summary>
    internal static bool Conflict(IPAddress? a, IPAddress? b)
    {
        if (a is null || b is null)
        {
            return true;
        }

        return a.AddressFamily == b.AddressFamily && (a.Equals(b) || IsAny(a) || IsAny(b));
    }

    /// <summary>ADDRESS:PORT/PROTOCOL for messages.</summary>
    internal static string Describe(IPAddress? address, int port, string protocol) => address switch
    {
        null => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{port}/{protocol}"),
        { AddressFamily: AddressFamily.InterNetworkV6 } =>
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"[{address}]:{port}/{protocol}"),
        _ => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{address}:{port}/{protocol}"),
    };

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
