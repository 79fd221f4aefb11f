using System.Net.Sockets;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Network.Scenarios;

/// <summary>What networks keep apart (S47, S48, S50).</summary>
public sealed class NetworkIsolationTests(ContainerHostFixture host, LanFixture lan) : LanTest(host, lan)
{
    private const string Icc = "net/bridge/bridge-nf-call-iptables";

    [SkippableTheory]
    [InlineData("nft")]
    [InlineData("legacy")]
    public void Two_networks_are_closed_to_each_other_both_ways(string backend)
    {
        Ok($"Set-ContainerHost -FirewallBackend {backend}; $null = New-ContainerNetwork one; $null = New-ContainerNetwork two");
        Detach("a", parameters: "-Network one");
        Detach("b", parameters: "-Network two -Publish 8080:80");
        Detach("c");
        foreach ((string server, string client) in new[] { ("a", "b"), ("b", "a"), ("a", "c"), ("c", "a"), ("b", "c"), ("c", "b") })
        {
            using MirrorServer tcp = In(server).Serve(80);
            using MirrorServer udp = In(server).Serve(80, ProtocolType.Udp);
            Assert.NotEqual("silence", Place.Host.Ask(Address(server), 80));
            Assert.True(In(client).CannotReach(Address(server), 80), $"{client} reaches {server}");
            Assert.True(In(client).CannotReach(Address(server), 80, ProtocolType.Udp), $"{client} reaches {server} by udp");
        }

        using MirrorServer published = In("b").Serve(80);
        Assert.DoesNotContain(In("a").Ask(LanFixture.HostAddress, 8080), new[] { "silence", "refused" });
    }

    [SkippableTheory]
    [InlineData("nft", true, "1")]
    [InlineData("nft", false, "1")]
    [InlineData("nft", true, "0")]
    [InlineData("legacy", true, "0")]
    [InlineData("legacy", false, "0")]
    [InlineData("legacy", true, "1")]
    public void Without_communication_between_containers_only_a_link_opens_and_only_its_port(
        string backend, bool own, string bridgedFramesPass)
    {
        using KernelValue value = new(Icc, bridgedFramesPass);
        Ok($"Set-ContainerHost -FirewallBackend {backend}");
        Ok(own ? "$null = New-ContainerNetwork net -NoInterContainerCommunication" : "Set-ContainerHost -InterContainerCommunication $false");
        string network = own ? "-Network net" : "";
        Detach("db", parameters: $"{network} -Expose 5432, 53/udp");
        Detach("other", parameters: network);
        Detach("web", parameters: $"{network} -Link db:store");
        using MirrorServer linked = In("db").Serve(5432);
        using MirrorServer linkedUdp = In("db").Serve(53, ProtocolType.Udp);
        using MirrorServer closed = In("db").Serve(5433);
        using MirrorServer back = In("web").Serve(80);
        using MirrorServer internet = Neighbour.Serve(80);
        Assert.Equal(Address("web"), In("web").Ask(Address("db"), 5432));
        Assert.Equal(Address("web"), In("web").Ask(Address("db"), 53, ProtocolType.Udp));
        Assert.True(In("web").CannotReach(Address("db"), 5433), "a port beside the link is open");
        Assert.True(In("db").CannotReach(Address("web"), 80), "the link leads back");
        Assert.True(In("other").CannotReach(Address("db"), 5432), "a third container is let in");
        Assert.True(In("other").CannotReach(Address("db"), 53, ProtocolType.Udp));
        Assert.Equal(LanFixture.HostAddress, In("other").Ask(LanFixture.InternetAddress, 80));
        Assert.DoesNotContain(Place.Host.Ask(Address("db"), 5433), new[] { "silence", "refused" });
        Ok("Remove-ContainerLink web store");
        Assert.True(In("web").CannotReach(Address("db"), 5432), "the link is gone and its port is open");
        Ok("$null = Add-ContainerLink other -Target db -Alias d");
        Assert.Equal(Address("other"), In("other").Ask(Address("db"), 5432));
        Assert.True(In("other").CannotReach(Address("db"), 5433));
    }

    [SkippableTheory]
    [InlineData("nft")]
    [InlineData("legacy")]
    public void An_internal_network_has_no_way_out_no_way_in_and_no_name_servers(string backend)
    {
        Ok($"Set-ContainerHost -FirewallBackend {backend}; $null = New-ContainerNetwork vault -Internal");
        Detach("a", parameters: "-Network vault");
        Detach("b", parameters: "-Network vault");
        Detach("c");
        using MirrorServer internet = Neighbour.Serve(80);
        using MirrorServer inside = In("a").Serve(80);
        using MirrorServer outside = In("c").Serve(80);
        Assert.Equal(Address("b"), In("b").Ask(Address("a"), 80));
        Assert.True(In("a").CannotReach(LanFixture.InternetAddress, 80));
        Assert.True(In("a").CannotReach(Address("c"), 80));
        Assert.True(In("c").CannotReach(Address("a"), 80));

        // A route that somebody makes inside leads nowhere either.
        string bridge = Ok("(Get-ContainerNetwork vault).Gateways").Lines.Single();
        ShIn("a", $"ip route add default via {bridge}");
        Assert.True(In("a").CannotReach(LanFixture.InternetAddress, 80));
        Assert.True(In("a").CannotReach(Address("c"), 80));
        Assert.DoesNotContain(
            "nameserver", string.Join('\n', InContainer("cat /etc/resolv.conf", "-Network vault")), StringComparison.Ordinal);
        Assert.Contains("nameserver", string.Join('\n', InContainer("cat /etc/resolv.conf")), StringComparison.Ordinal);
        Fails("NetworkModeConflict", "Publish-ContainerPort a 8080:80");
    }

    [SkippableFact]
    public void A_container_of_two_networks_is_no_way_between_them()
    {
        Ok("$null = New-ContainerNetwork one; $null = New-ContainerNetwork two");
        Detach("both", parameters: "-Network one, two");
        Detach("a", parameters: "-Network one");
        Detach("b", parameters: "-Network two");
        using MirrorServer server = In("b").Serve(80);
        Assert.DoesNotContain(In("both").Ask(Address("b"), 80), new[] { "silence", "refused" });
        string way = Ok("\"$((Get-ContainerNetworkAdapter both | ? Network -eq one).IPAddress.Address)\"").Lines.Single();
        ShIn("a", $"ip route add {Address("b")}/32 via {way}");
        Assert.True(In("a").CannotReach(Address("b"), 80));
    }

    /// <summary>Where a network has no IPv6, neither containers nor bridge speak it: no address, not even a link-local one (CVE-2024-32473).</summary>
    [SkippableFact]
    public void Without_IPv6_there_is_no_address_of_it_anywhere()
    {
        Ok("$null = New-ContainerNetwork four");
        Detach("a");
        Detach("b", parameters: "-Network four");
        Ok("Connect-ContainerNetwork four a");
        foreach (string name in new[] { "a", "b" })
        {
            Assert.Equal("1: lo inet6 ::1/128", ShIn(name, "ip -6 -o addr show | awk '{ print $1, $2, $3, $4 }'"));
            Assert.Equal("1", ShIn(name, "cat /proc/sys/net/ipv6/conf/eth0/disable_ipv6"));
        }

        foreach (string bridge in Ok("(Get-ContainerBridge).Name").Lines)
        {
            Assert.Equal("", Sh($"ip -6 -o addr show dev {bridge}"));
            Assert.Equal("1", File.ReadAllText($"/proc/sys/net/ipv6/conf/{bridge}/disable_ipv6").Trim());
        }
    }

    [SkippableTheory]
    [InlineData("nft")]
    [InlineData("legacy")]
    public void With_IPv6_containers_find_each_other_go_out_and_publish(string backend)
    {
        Ok($"Set-ContainerHost -FirewallBackend {backend}; $null = New-ContainerNetwork six -IPv6 -Subnet 10.205.9.0/24, fd00:205:9::/64");
        Detach("web", parameters: "-Network six -Publish 8080:80, [::]:8081:80, [::1]:8082:80");
        Detach("b", parameters: "-Network six");
        System.Net.IPAddress any = System.Net.IPAddress.IPv6Any;
        using MirrorServer web = In("web").Serve(80, address: any);
        using MirrorServer closed = In("web").Serve(81, address: any);
        using MirrorServer internet = Neighbour.Serve(80, address: any);
        Assert.StartsWith("fd00:205:9::", Get("web", "IPv6Address"), StringComparison.Ordinal);
        Assert.Equal(Get("b", "IPv6Address"), In("b").Ask(Get("web", "IPv6Address"), 80));
        Assert.DoesNotContain(Place.Host.Ask(Get("web", "IPv6Address"), 80), new[] { "silence", "refused" });
        Assert.Equal(LanFixture.HostAddress6, In("b").Ask(LanFixture.NeighbourAddress6, 80));
        Assert.Equal(LanFixture.NeighbourAddress6, Neighbour.Ask(LanFixture.HostAddress6, 8080));
        Assert.Equal(LanFixture.NeighbourAddress6, Neighbour.Ask(LanFixture.HostAddress6, 8081));
        Assert.True(Neighbour.CannotReach(LanFixture.HostAddress6, 8082));
        Lan.ShNeighbour($"ip -6 route add fd00:205:9::/64 via {LanFixture.HostAddress6}");
        try
        {
            Assert.True(Neighbour.CannotReach(Get("web", "IPv6Address"), 80));
            Assert.True(Neighbour.CannotReach(Get("web", "IPv6Address"), 81));
        }
        finally
        {
            Lan.ShNeighbour("ip -6 route del fd00:205:9::/64");
        }

        string name = string.Join(' ', InContainer("ping6 -c 1 -W 2 web", "-Network six"));
        Assert.Contains("1 packets received", name, StringComparison.Ordinal);
    }

    /// <summary>A container that plays router: nobody on its bridge listens (CVE-2020-13401).</summary>
    [SkippableFact]
    public void A_router_advertisement_of_a_container_is_heeded_by_nobody()
    {
        Ok("$null = New-ContainerNetwork six -IPv6 -Subnet 10.205.9.0/24, fd00:205:9::/64");
        Detach("rogue", parameters: "-Network six");
        Detach("victim", parameters: "-Network six");
        string bridge = Ok("(Get-ContainerNetwork six).BridgeName").Lines.Single();
        Assert.Equal("0", File.ReadAllText($"/proc/sys/net/ipv6/conf/{bridge}/accept_ra").Trim());
        foreach (string one in new[] { "all", "default", "eth0" })
        {
            Assert.Equal("0", ShIn("victim", $"cat /proc/sys/net/ipv6/conf/{one}/accept_ra"));
        }

        // Without the guard the advertisement works: what is shown below is not a packet that would be ignored anyway.
        Detach("naive", parameters: "-Network six");
        ShIn("naive", "echo 2 > /proc/sys/net/ipv6/conf/eth0/accept_ra");
        RouterAdvertisement.Send(In("rogue"), "eth0", "2001:db8:bad::");
        Eventually(
            () => ShIn("naive", "ip -6 route").Contains("2001:db8:bad", StringComparison.Ordinal), () => "the advertisement does not come");
        Assert.DoesNotContain("2001:db8:bad", ShIn("victim", "ip -6 addr; ip -6 route"), StringComparison.Ordinal);
        Assert.DoesNotContain("2001:db8:bad", Sh("ip -6 addr; ip -6 route"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_macvlan_network_puts_containers_on_the_LAN_itself()
    {
        Ok($"$null = New-ContainerNetwork lan -Driver Macvlan -Parent up0 -Subnet 192.0.2.0/24 -Gateway {LanFixture.NeighbourAddress}"
            + " -IPRange 192.0.2.128/25");
        Detach("a", parameters: "-Network lan");
        Detach("b", parameters: "-Network lan");
        using MirrorServer internet = Neighbour.Serve(80);
        using MirrorServer a = In("a").Serve(80);
        Assert.Equal(Address("a"), In("a").Ask(LanFixture.InternetAddress, 80));
        Assert.Equal(Address("b"), In("b").Ask(Address("a"), 80));
        Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask(Address("a"), 80));
    }
}
