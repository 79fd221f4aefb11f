using System.Net;
using System.Net.Sockets;
using Containers.Engine.Linux;

namespace Containers.Engine.Networking.Allocation;

/// <summary>Asks the kernel whether a port is free, in the network namespace of the calling thread.</summary>
internal static unsafe class PortProbe
{
    /// <param name="address">null for all addresses of both families.</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="protocol"><c>tcp</c>, <c>udp</c> or <c>sctp</c>.</param>
    /// <returns>False when a socket has the port at that address.</returns>
    /// <exception cref="EngineException">HostAddressNotFound.</exception>
    internal static bool IsFree(IPAddress? address, int port, string protocol)
    {
        // Without the module there is no such socket, and making one would load it: attack surface that nobody asked for.
        if (protocol == PortPublicationParser.Sctp && !Directory.Exists("/proc/thread-self/net/sctp"))
        {
            return true;
        }

        return address is null
            ? CanBind(IPAddress.Any, port, protocol) && CanBind(IPAddress.IPv6Any, port, protocol)
            : CanBind(address, port, protocol);
    }

    /// <summary>Connections of a server that has ended keep its port for a minute (TIME_WAIT); who only they keep from it can listen.</summary>
    private static bool CanBind(IPAddress address, int port, string protocol) =>
        CanBind(address, port, protocol, listen: false) || (protocol == PortPublicationParser.Tcp && CanBind(address, port, protocol, listen: true));

    private static bool CanBind(IPAddress address, int port, string protocol, bool listen)
    {
        bool ipv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        (int type, int number) = protocol switch
        {
            PortPublicationParser.Tcp => (Libc.SOCK_STREAM, Libc.IPPROTO_TCP),
            PortPublicationParser.Udp => (Libc.SOCK_DGRAM, Libc.IPPROTO_UDP),
            PortPublicationParser.Sctp => (Libc.SOCK_STREAM, Libc.IPPROTO_SCTP),
            _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "The protocol is none of tcp, udp and sctp."),
        };
        int fd = Libc.socket(ipv6 ? Libc.AF_INET6 : Libc.AF_INET, type | Libc.SOCK_CLOEXEC, number);
        if (fd < 0)
        {
            int errno = Errno.Last;
            return errno is Errno.EAFNOSUPPORT or Errno.EPROTONOSUPPORT or Errno.ESOCKTNOSUPPORT
                ? true // A family or protocol the kernel does not have is used by nobody.
                : throw new LinuxException("socket", HostPortLease.Describe(address, port, protocol), errno);
        }

        try
        {
            int on = 1;
            return listen
                ? Libc.setsockopt(fd, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, &on, sizeof(int)) == 0 && Bind(fd, address, port, protocol)
                    && Libc.listen(fd, 0) == 0
                : Bind(fd, address, port, protocol);
        }
        finally
        {
            Libc.close(fd);
        }
    }

    // First without SO_REUSEADDR: with it, bind(2) would succeed beside another socket that set it and does not listen yet.
    private static bool Bind(int fd, IPAddress address, int port, string protocol)
    {
        int result;
        ushort networkPort = (ushort)IPAddress.HostToNetworkOrder((short)port);
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            // ipv6(7): without it, :: takes the port of IPv4 too, and 0.0.0.0 has been asked about separately.
            int on = 1;
            if (Libc.setsockopt(fd, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, &on, sizeof(int)) < 0)
            {
                throw new LinuxException("setsockopt", "IPV6_V6ONLY", Errno.Last);
            }

            Libc.sockaddr_in6 name = new() { sin6_family = Libc.AF_INET6, sin6_port = networkPort };
            address.TryWriteBytes(new Span<byte>(name.sin6_addr, 16), out _);
            result = Libc.bind(fd, &name, (uint)sizeof(Libc.sockaddr_in6));
        }
        else
        {
            Libc.sockaddr_in name = new() { sin_family = Libc.AF_INET, sin_port = networkPort };
            address.TryWriteBytes(new Span<byte>(&name.sin_addr, 4), out _);
            result = Libc.bind(fd, &name, (uint)sizeof(Libc.sockaddr_in));
        }

        int errno = result < 0 ? Errno.Last : 0;
        bool any = address.Equals(IPAddress.IPv6Any);
        return errno switch
        {
            0 => true,
            Errno.EADDRINUSE => false,
            Errno.EADDRNOTAVAIL when any => true, // IPv6 is switched off on this host (disable_ipv6).
            Errno.EADDRNOTAVAIL => throw new EngineException(
                EngineErrorKind.ObjectNotFound, "HostAddressNotFound", $"This host does not have the address \"{address}\".", address.ToString(),
                "Publish on an address of this host, or leave the address away for all."),
            _ => throw new LinuxException("bind", HostPortLease.Describe(address, port, protocol), errno),
        };
    }
}
