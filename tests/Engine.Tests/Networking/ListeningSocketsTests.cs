using System.Net;
using System.Net.Sockets;
using Containers.Engine.Networking;
using Xunit;

namespace Containers.Engine.Tests.Networking;

public sealed class ListeningSocketsTests
{
    [Theory]
    [InlineData("   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000", true)]
    [InlineData("   1: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000", true)]
    [InlineData("   2: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000", false)]
    [InlineData("   3: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000", false)]
    [InlineData("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt", false)]
    [InlineData("", false)]
    public void A_line_of_the_kernels_table_is_a_listener_at_port_8080_or_not(string line, bool listens) =>
        Assert.Equal(listens, ListeningSockets.IsOn(line, 8080, "0A"));

    [Theory]
    [InlineData("127.0.0.1", ProtocolType.Tcp)]
    [InlineData("::1", ProtocolType.Tcp)]
    [InlineData("127.0.0.1", ProtocolType.Udp)]
    public void A_socket_of_this_process_is_found_while_it_is_open(string address, ProtocolType protocol)
    {
        IPAddress local = IPAddress.Parse(address);
        bool tcp = protocol == ProtocolType.Tcp;
        int port = LoopbackPort.Next(local.AddressFamily); // Nobody else gets it when it is free again.
        using (Socket socket = new(local.AddressFamily, tcp ? SocketType.Stream : SocketType.Dgram, protocol))
        {
            socket.Bind(new IPEndPoint(local, port));
            Assert.Equal(!tcp, Listens());
            if (tcp)
            {
                socket.Listen();
            }

            Assert.True(Listens());
        }

        Assert.False(Listens());

        bool Listens() => ListeningSockets.Contains(Environment.ProcessId, port, tcp ? "tcp" : "udp");
    }
}
