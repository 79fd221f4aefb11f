using System.Globalization;
using System.Net.Sockets;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Network.Scenarios;

/// <summary>Who reaches whom, over which way, and at which address the server sees the client.</summary>
public sealed class ReachabilityTests(ContainerHostFixture host, LanFixture lan) : LanTest(host, lan)
{
    private const string HostIP = LanFixture.HostAddress;

    [SkippableTheory]
    [InlineData("nft")]
    [InlineData("legacy")]
    public void A_container_reaches_the_internet_under_the_address_of_the_host(string backend)
    {
        Ok($"Set-ContainerHost -FirewallBackend {backend}");
        Detach("a");
        using MirrorServer internet = Neighbour.Serve(80);
        using MirrorServer names = Neighbour.Serve(53, ProtocolType.Udp, System.Net.IPAddress.Parse(LanFixture.InternetAddress));
        Assert.Equal(HostIP, In("a").Ask(LanFixture.InternetAddress, 80));
        Assert.Equal(HostIP, In("a").Ask(LanFixture.InternetAddress, 53, ProtocolType.Udp));
        Assert.Contains("MASQUERADE", Sh($"iptables-{backend}-save -t nat"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Without_masquerade_a_container_goes_out_under_its_own_address()
    {
        Ok("$null = New-ContainerNetwork plain -Subnet 10.205.7.0/24 -NoMasquerade");
        Detach("a", parameters: "-Network plain -Publish 8080:81");
        using MirrorServer internet = Neighbour.Serve(80);
        Assert.Equal("silence", In("a").Ask(LanFixture.InternetAddress, 80, milliseconds: 300));
        Lan.ShNeighbour($"ip route add 10.205.7.0/24 via {HostIP}");
        try
        {
            Assert.Equal(Address("a"), In("a").Ask(LanFixture.InternetAddress, 80));
            using MirrorServer published = In("a").Serve(81);
            using MirrorServer closed = In("a").Serve(82);
            Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask(HostIP, 8080));
            Assert.True(Neighbour.CannotReach(Address("a"), 81));
            Assert.True(Neighbour.CannotReach(Address("a"), 82));
        }
        finally
        {
            Lan.ShNeighbour("ip route del 10.205.7.0/24");
        }
    }

    [SkippableTheory]
    [InlineData("nft")]
    [InlineData("legacy")]
    public void Host_and_containers_reach_each_other_at_their_own_addresses(string backend)
    {
        Ok($"Set-ContainerHost -FirewallBackend {backend}");
        Detach("a");
        Detach("b");
        using MirrorServer a = In("a").Serve(80);
        using MirrorServer here = Place.Host.Serve(81);
        string gateway = Get("a", "Gateway");
        Assert.Equal(gateway, Place.Host.Ask(Address("a"), 80));
        Assert.Equal(Address("b"), In("b").Ask(Address("a"), 80));
        Assert.Equal(Address("b"), In("b").Ask(gateway, 81));
    }

    [SkippableFact]
    public void Containers_find_each_other_by_name_alias_and_short_id()
    {
        Ok("$null = New-ContainerNetwork backend");
        Detach("db", parameters: "-Network backend -NetworkAlias store, 'Store.Lan'");
        string id = Get("db", "ShortId");
        foreach (string name in new[] { "db", "store", "store.lan", id })
        {
            Assert.Contains(
                "1 packets received", string.Join(' ', InContainer($"ping -c 1 -W 2 {name}", "-Network backend")), StringComparison.Ordinal);
        }

        Assert.Contains("bad address", string.Join(' ', InContainer("ping -c 1 -W 2 db 2>&1; true")), StringComparison.Ordinal);
    }

    /// <summary>Each way to a published port, and the address that the server sees (S49): only what cannot be answered is hidden.</summary>
    [SkippableTheory]
    [InlineData("nft", true, ProtocolType.Tcp)]
    [InlineData("nft", false, ProtocolType.Tcp)]
    [InlineData("legacy", true, ProtocolType.Tcp)]
    [InlineData("legacy", false, ProtocolType.Udp)]
    [InlineData("nft", true, ProtocolType.Udp)]
    public void A_published_port_is_reached_from_everywhere_and_sees_its_clients(
        string backend, bool bridgedFramesPass, ProtocolType protocol)
    {
        using KernelValue value = new("net/bridge/bridge-nf-call-iptables", bridgedFramesPass ? "1" : "0");
        string suffix = protocol == ProtocolType.Udp ? "/udp" : "";
        Ok($"Set-ContainerHost -FirewallBackend {backend}; $null = New-ContainerNetwork other");
        Detach("web", parameters: $"-Publish 8080:80{suffix}");
        Detach("same");
        Detach("far", parameters: "-Network other");
        using MirrorServer web = In("web").Serve(80, protocol);
        string gateway = Get("web", "Gateway");
        Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask(HostIP, 8080, protocol));
        Assert.Equal(gateway, Place.Host.Ask("127.0.0.1", 8080, protocol));
        Assert.NotEmpty(Reached(Place.Host.Ask(HostIP, 8080, protocol)));
        Assert.NotEmpty(Reached(Place.Host.Ask(gateway, 8080, protocol)));
        Assert.NotEmpty(Reached(In("web").Ask(HostIP, 8080, protocol)));
        Assert.NotEmpty(Reached(In("same").Ask(HostIP, 8080, protocol)));
        Assert.NotEmpty(Reached(In("same").Ask(gateway, 8080, protocol)));
        Assert.NotEmpty(Reached(In("far").Ask(HostIP, 8080, protocol)));
        Assert.Equal(Address("same"), In("same").Ask(Address("web"), 80, protocol));
        Assert.True(In("far").CannotReach(Address("web"), 80, protocol));
    }

    [SkippableFact]
    public void Ranges_and_dynamic_ports_lead_where_they_say()
    {
        Detach("web", parameters: "-Publish 8000-8002:80-82, 90, 91/udp");
        using MirrorServer first = In("web").Serve(80);
        using MirrorServer last = In("web").Serve(82);
        using MirrorServer dynamic = In("web").Serve(90);
        using MirrorServer udp = In("web").Serve(91, ProtocolType.Udp);
        int Port(int container) => int.Parse(
            Ok($"(Get-ContainerPort web {container}).HostPort").Lines.Single(), CultureInfo.InvariantCulture);
        Assert.Equal([8000, 8001, 8002], new[] { Port(80), Port(81), Port(82) });
        Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask(HostIP, 8000));
        Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask(HostIP, 8002));
        Assert.Equal("refused", Neighbour.Ask(HostIP, 8001));
        Assert.InRange(Port(90), 49153, 65535);
        Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask(HostIP, Port(90)));
        Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask(HostIP, Port(91), ProtocolType.Udp));
    }

    [SkippableFact]
    public void A_port_published_at_one_address_is_reached_there_only()
    {
        Sh("ip addr add 192.0.2.11/24 dev up0");
        try
        {
            Detach("web", parameters: "-Publish 192.0.2.11:8080:80");
            using MirrorServer web = In("web").Serve(80);
            Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask("192.0.2.11", 8080));
            Assert.True(Neighbour.CannotReach(HostIP, 8080));
            Assert.True(Place.Host.CannotReach("127.0.0.1", 8080));
        }
        finally
        {
            Sh("ip addr del 192.0.2.11/24 dev up0");
        }
    }

    [SkippableTheory]
    [InlineData("nft")]
    [InlineData("legacy")]
    public void With_a_forward_policy_of_drop_everything_meant_to_pass_still_does(string backend)
    {
        Ok($"Set-ContainerHost -FirewallBackend {backend}");
        Sh($"iptables-{backend} -P FORWARD DROP");
        try
        {
            Detach("web", parameters: "-Publish 8080:80");
            Detach("same");
            using MirrorServer web = In("web").Serve(80);
            using MirrorServer internet = Neighbour.Serve(80);
            Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask(HostIP, 8080));
            Assert.Equal(HostIP, In("web").Ask(LanFixture.InternetAddress, 80));
            Assert.Equal(Address("same"), In("same").Ask(Address("web"), 80));
            Assert.NotEmpty(Reached(In("same").Ask(HostIP, 8080)));
        }
        finally
        {
            Sh($"iptables-{backend} -P FORWARD ACCEPT");
        }
    }

    /// <summary>The administrator's chain is seen before all of ours, for published ports too (S46).</summary>
    [SkippableFact]
    public void The_chain_of_the_administrator_decides_first()
    {
        Detach("web", parameters: "-Publish 8080:80");
        using MirrorServer web = In("web").Serve(80);
        Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask(HostIP, 8080));
        Sh($"iptables -A CONTAINERS-USER -s {LanFixture.NeighbourAddress} -j DROP");
        Assert.True(Neighbour.CannotReach(HostIP, 8080));
        Detach("another", parameters: "-Publish 8081:80");
        Assert.True(Neighbour.CannotReach(HostIP, 8080));
        Sh("iptables -F CONTAINERS-USER");
        Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask(HostIP, 8080));
    }

    [SkippableFact]
    public void Routed_networks_are_open_at_published_ports_only()
    {
        Ok("$null = New-ContainerNetwork routed -Subnet 10.205.8.0/24 -GatewayMode Routed");
        Detach("web", parameters: "-Network routed -Publish 8080:80");
        using MirrorServer web = In("web").Serve(80);
        using MirrorServer closed = In("web").Serve(81);
        Lan.ShNeighbour($"ip route add 10.205.8.0/24 via {HostIP}");
        try
        {
            Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask(Address("web"), 80));
            Assert.True(Neighbour.CannotReach(Address("web"), 81));
        }
        finally
        {
            Lan.ShNeighbour("ip route del 10.205.8.0/24");
        }
    }

    private static string Reached(string answer) => answer is "refused" or "silence" ? "" : answer;
}
