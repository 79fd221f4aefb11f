using System.Net;
using System.Net.Sockets;

namespace Containers.Cmdlets.Tests.Network.Scenarios;

/// <summary>An ICMPv6 router advertisement (RFC 4861, 4.2) with one prefix, as a hostile container sends it.</summary>
internal static class RouterAdvertisement
{
    internal static void Send(Place from, string interfaceName, string prefix) => from.Run(() =>
    {
        using Socket socket = new(AddressFamily.InterNetworkV6, SocketType.Raw, ProtocolType.IcmpV6);

        // if_nametoindex by the kernel's own file of this thread's namespace: interface, index in hexadecimal.
        string line = File.ReadLines("/proc/thread-self/net/if_inet6")
            .First(one => one.EndsWith(" " + interfaceName, StringComparison.Ordinal));
        int index = Convert.ToInt32(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], 16);
        socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastInterface, index);
        socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastTimeToLive, 255);

        // Type 134, hop limit 64, lifetime 1800 s; option 3 (prefix): 64 bits, on-link and autonomous, valid for an hour.
        byte[] packet =
        [
            134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0,
            3, 4, 64, 0xC0, 0, 0, 14, 16, 0, 0, 14, 16, 0, 0, 0, 0, .. IPAddress.Parse(prefix).GetAddressBytes(),
        ];
        return socket.SendTo(packet, new IPEndPoint(IPAddress.Parse("ff02::1%" + index), 0));
    });
}
