using System.Net;
using System.Net.Sockets;
using Containers.Engine.Networking.Allocation;
using Xunit;

namespace Containers.Engine.Tests.Networking.Allocation;

public class PortProbeTests
{
    private static Socket Bound(SocketType type, string address)
    {
        IPAddress ip = IPAddress.Parse(address);
        Socket socket = new(ip.AddressFamily, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp);
        socket.Bind(new IPEndPoint(ip, LoopbackPort.Next(ip.AddressFamily))); // Nobody else gets it when it is free again.
        return socket;
    }

    [Theory]
    [InlineData(SocketType.Stream, "tcp", true)]
    [InlineData(SocketType.Dgram, "udp", false)]
    public void A_port_is_taken_as_long_as_a_socket_has_it(SocketType type, string protocol, bool listens)
    {
        int port;
        using (Socket socket = Bound(type, "127.0.0.1"))
        {
            port = ((IPEndPoint)socket.LocalEndPoint!).Port;
            if (listens)
            {
                socket.Listen();
            }

            Assert.False(PortProbe.IsFree(IPAddress.Loopback, port, protocol));
            Assert.False(PortProbe.IsFree(IPAddress.Any, port, protocol));
            Assert.False(PortProbe.IsFree(null, port, protocol));
            Assert.True(PortProbe.IsFree(IPAddress.Parse("127.0.0.2"), port, protocol));
        }

        Assert.True(PortProbe.IsFree(IPAddress.Loopback, port, protocol));
    }

    [Fact]
    public void A_server_that_ended_a_moment_ago_leaves_its_port_free()
    {
        int port;
        using (Socket server = Bound(SocketType.Stream, "127.0.0.1"))
        using (Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            server.Listen();
            port = ((IPEndPoint)server.LocalEndPoint!).Port;
            client.Connect(IPAddress.Loopback, port);
            server.Accept().Close(); // The side that closes first waits (TIME_WAIT).
            Assert.Equal(0, client.Receive(new byte[1]));
        }

        string waiting = $":{port:X4} ";
        Assert.Contains(File.ReadLines("/proc/thread-self/net/tcp"), line => line.Contains(waiting, StringComparison.Ordinal));
        Assert.True(PortProbe.IsFree(IPAddress.Loopback, port, "tcp"));
        Assert.True(PortProbe.IsFree(null, port, "tcp"));
    }

    [SkippableFact]
    public void IPv6_is_asked_about_on_its_own()
    {
        Skip.IfNot(File.Exists("/proc/net/if_inet6") && File.ReadAllText("/proc/net/if_inet6").Contains(" lo", StringComparison.Ordinal), "no ::1 here");
        using Socket socket = Bound(SocketType.Stream, "::1");
        socket.Listen();
        int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        Assert.False(PortProbe.IsFree(IPAddress.IPv6Loopback, port, "tcp"));
        Assert.False(PortProbe.IsFree(null, port, "tcp"));
        Assert.True(PortProbe.IsFree(IPAddress.Loopback, port, "tcp"));
    }

    [Fact]
    public void An_address_of_another_host_is_an_error() =>
        Failure.Of("HostAddressNotFound", () => PortProbe.IsFree(IPAddress.Parse("192.0.2.1"), 40000, "tcp"));

    [Fact]
    public void A_protocol_the_kernel_does_not_have_is_free()
    {
        bool before = Directory.Exists("/proc/net/sctp");
        Assert.True(PortProbe.IsFree(IPAddress.Loopback, 40000, "sctp"));
        Assert.Equal(before, Directory.Exists("/proc/net/sctp"));
    }
}
