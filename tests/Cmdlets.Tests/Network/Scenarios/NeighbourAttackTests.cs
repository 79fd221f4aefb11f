using System.Globalization;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Network.Scenarios;

/// <summary>What a neighbour on the LAN tries (S44, S45). Each guard is shown to be what stops it: without it, the attack succeeds.</summary>
public sealed class NeighbourAttackTests(ContainerHostFixture host, LanFixture lan) : LanTest(host, lan)
{
    private const string Web = "-Network inner -Publish 8080:80 -Expose 81";

    [SkippableTheory]
    [InlineData("nft")]
    [InlineData("legacy")]
    public void A_neighbour_that_routes_to_the_subnet_reaches_no_port_of_a_container(string backend)
    {
        Ok($"Set-ContainerHost -FirewallBackend {backend}; $null = New-ContainerNetwork inner -Subnet 10.205.1.0/24");
        Detach("web", parameters: Web);
        using MirrorServer published = In("web").Serve(80);
        using MirrorServer exposed = In("web").Serve(81);
        using MirrorServer other = In("web").Serve(82);
        Lan.ShNeighbour($"ip route add 10.205.1.0/24 via {LanFixture.HostAddress}");
        try
        {
            AssertClosed();
            Sh($"iptables-{backend} -F; iptables-{backend} -t raw -F; iptables-{backend} -t nat -F");
            Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask(Address("web"), 81));
            Ok("$null = Repair-ContainerNetwork");
            AssertClosed();
            Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask(LanFixture.HostAddress, 8080));

            // The bridge's own address is an address of the host's; what the host serves there is its own affair, but no way to containers.
            Assert.True(Neighbour.CannotReach(Get("web", "Gateway"), 80));
        }
        finally
        {
            Lan.ShNeighbour("ip route del 10.205.1.0/24");
        }
    }

    private void AssertClosed()
    {
        foreach (int port in new[] { 80, 81, 82 })
        {
            Assert.True(Neighbour.CannotReach(Address("web"), port), $"port {port} is open to a neighbour");
        }
    }

    [SkippableTheory]
    [InlineData("nft")]
    [InlineData("legacy")]
    public void A_port_published_on_loopback_is_not_reached_by_a_neighbour_that_sends_to_127_0_0_1(string backend)
    {
        Ok($"Set-ContainerHost -FirewallBackend {backend}");
        Detach("web", parameters: "-Publish 127.0.0.1:8080:80, 8081:80");
        using MirrorServer web = In("web").Serve(80);
        Assert.NotEqual("refused", Place.Host.Ask("127.0.0.1", 8080));
        Lan.ShNeighbour("for f in all up1; do echo 1 > /proc/sys/net/ipv4/conf/$f/route_localnet; done;"
            + $"ip route add 127.0.0.1/32 via {LanFixture.HostAddress} src {LanFixture.NeighbourAddress}");
        try
        {
            Assert.True(Neighbour.CannotReach(LanFixture.HostAddress, 8080));
            long before = Dropped(backend);
            Assert.True(Neighbour.CannotReach("127.0.0.1", 8080));
            Assert.True(Neighbour.CannotReach("127.0.0.1", 8081));
            Assert.True(Dropped(backend) > before, "the packets did not come to the guard");
        }
        finally
        {
            Lan.ShNeighbour("ip route del 127.0.0.1/32");
        }
    }

    private static long Dropped(string backend) => Sh($"iptables-{backend} -t raw -nvxL CONTAINERS").Split('\n')
        .Where(line => line.Contains("127.0.0.0/8", StringComparison.Ordinal))
        .Sum(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture));

    /// <summary>
    /// route_localnet, which published ports need on a bridge, lets its neighbours in to what the host serves on 127.0.0.1 (CVE-2020-8558),
    /// where no rule stands in the way.
    /// </summary>
    [SkippableTheory]
    [InlineData("", true)]
    [InlineData("; Set-ContainerHost -IPTables $false", true)]
    [InlineData("", false)]
    public void What_the_host_serves_on_loopback_is_not_reached_through_a_bridge(string setting, bool running)
    {
        Ok("$null = New-ContainerBridge test0 -IPAddress 192.168.205.1/24; Set-ContainerHost -BridgeName test0" + setting);
        Detach("a");
        using MirrorServer secret = Place.Host.Serve(90, address: System.Net.IPAddress.Loopback);
        Assert.Equal("127.0.0.1", Place.Host.Ask("127.0.0.1", 90));

        // Not a container but somebody else on the wire, as behind a bridge with a port to the LAN.
        Lan.ShNeighbour("ip link add wire0 type veth peer name wire1; ip addr add 192.168.205.9/24 dev wire0; ip link set wire0 up;"
            + $"ip link set wire1 netns {Environment.ProcessId}; for f in all wire0; do echo 1 > /proc/sys/net/ipv4/conf/$f/route_localnet; done;"
            + "ip route add 127.0.0.1/32 via 192.168.205.1 src 192.168.205.9");
        try
        {
            Sh("ip link set wire1 master test0 up");
            if (!running)
            {
                Ok("Remove-Container a -Force");
                Assert.Empty(Rules());
            }

            using MirrorServer open = Place.Host.Serve(91, address: System.Net.IPAddress.Parse("192.168.205.1"));
            Assert.Equal("192.168.205.9", Neighbour.Ask("192.168.205.1", 91));
            Assert.True(Neighbour.CannotReach("127.0.0.1", 90));
        }
        finally
        {
            Sh("ip link del wire1");
        }
    }
}
