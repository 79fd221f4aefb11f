using System.Globalization;
using System.Net.Sockets;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Network.Scenarios;

/// <summary>What changes while containers run: ports, networks, adapters, cables, links, names.</summary>
public sealed class LiveChangeTests(ContainerHostFixture host, LanFixture lan) : LanTest(host, lan)
{
    private const string HostIP = LanFixture.HostAddress;

    private static readonly string[] s_nothing = ["silence", "refused"];

    private string HostsFile(string container) => Path.Combine(Host.Shell.RunRoot, "containers", Get(container, "Id"), "hosts");

    private string Inode(string container) => Sh($"stat -c %i {HostsFile(container)}");

    private string[] Names(string container, string address) => [.. File.ReadLines(HostsFile(container))
        .Where(line => line.StartsWith(address + "\t", StringComparison.Ordinal)).SelectMany(line => line.Split('\t', ' ').Skip(1))];

    [SkippableTheory]
    [InlineData("nft")]
    [InlineData("legacy")]
    public void A_port_is_published_and_taken_back_while_the_container_runs(string backend)
    {
        Ok($"Set-ContainerHost -FirewallBackend {backend}");
        Detach("web");
        using MirrorServer web = In("web").Serve(80);
        Assert.True(Neighbour.CannotReach(HostIP, 8080));
        using Socket direct = Place.Host.Connect(Address("web"), 80);
        Ok("$null = Publish-ContainerPort web 8080:80, 8081:80");
        Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask(HostIP, 8080));
        Assert.DoesNotContain(In("web").Ask(HostIP, 8081), s_nothing);
        Assert.Equal(Get("web", "Gateway"), Place.Talk(direct));
        using Socket kept = Neighbour.Connect(HostIP, 8081);
        Assert.Equal(LanFixture.NeighbourAddress, Place.Talk(kept));
        Ok("Unpublish-ContainerPort web -HostPort 8080");
        Assert.True(Neighbour.CannotReach(HostIP, 8080));
        Assert.True(Place.Host.CannotReach("127.0.0.1", 8080));
        Assert.Equal(LanFixture.NeighbourAddress, Place.Talk(kept));
        Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask(HostIP, 8081));

        // The port of the host is free for others, and stays unpublished over a restart; the other one stays published.
        using (MirrorServer stranger = Place.Host.Serve(8080))
        {
            Assert.Equal("127.0.0.1", Place.Host.Ask("127.0.0.1", 8080));
        }

        web.Dispose();
        Ok("Restart-Container web -Timeout 0");
        using MirrorServer again = In("web").Serve(80);
        Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask(HostIP, 8081));
        Assert.True(Neighbour.CannotReach(HostIP, 8080));
    }

    [SkippableFact]
    public void Names_of_all_peers_follow_who_comes_goes_and_is_renamed_in_the_same_file()
    {
        Ok("$null = New-ContainerNetwork backend");
        Detach("a", parameters: "-Network backend");
        string inode = Inode("a");
        Detach("b");
        Assert.DoesNotContain("b", File.ReadAllLines(HostsFile("a")).SelectMany(line => line.Split('\t', ' ')));
        Ok("Connect-ContainerNetwork backend b -Alias store");
        string address = Ok("\"$((Get-ContainerNetworkAdapter b | ? Network -eq backend).IPAddress.Address)\"").Lines.Single();
        Assert.Equal(["b", "store", Get("b", "ShortId")], Names("a", address));
        Assert.Contains("a", Names("b", Address("a")));
        using (MirrorServer b = In("b").Serve(80))
        {
            Assert.Equal(Address("a"), In("a").Ask(address, 80));
        }

        Ok("Rename-Container b c");
        Assert.Equal(["c", "store", Get("c", "ShortId")], Names("a", address));
        Ok("Disconnect-ContainerNetwork backend c");
        Assert.Empty(Names("a", address));
        Assert.Empty(Names("c", Address("a")));
        Assert.DoesNotContain("eth1", ShIn("c", "ip -o link"), StringComparison.Ordinal);
        Detach("d", parameters: "-Network backend");
        string fourth = Address("d");
        Assert.Contains("d", Names("a", fourth));
        Ok("Stop-Container d -Timeout 0");
        Assert.Empty(Names("a", fourth));
        Assert.Equal(inode, Inode("a"));

        // What the container itself wrote is still there.
        Assert.Contains("1 packets received", string.Join(' ', InContainer(
            "echo '127.0.0.1 mine' >> /etc/hosts; ping -c 1 -W 2 mine && ping -c 1 -W 2 a", "-Network backend")), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void An_adapter_comes_and_goes_with_its_routes()
    {
        Ok("$null = New-ContainerBridge lab -IPAddress 192.168.206.254/24");
        Detach("a");
        Detach("b");
        Ok("$null = Add-ContainerNetworkAdapter a -Bridge lab -Name lab0 -IPAddress 192.168.206.1/24 -MacAddress 02:11:22:33:44:55");
        Ok("$null = Add-ContainerNetworkAdapter b -Bridge lab -Name lab0 -IPAddress 192.168.206.2/24 -Gateway 192.168.206.254");
        using (MirrorServer server = In("a").Serve(80))
        {
            Assert.Equal("192.168.206.2", In("b").Ask("192.168.206.1", 80));
        }

        Assert.Contains("02:11:22:33:44:55", ShIn("a", "ip link show lab0"), StringComparison.Ordinal);
        Assert.Contains("default via 192.168.206.254 dev lab0", ShIn("b", "ip route"), StringComparison.Ordinal);
        Ok("Restart-Container a -Timeout 0");
        Assert.Contains("192.168.206.1/24", ShIn("a", "ip addr show lab0"), StringComparison.Ordinal);
        Ok("Remove-ContainerNetworkAdapter a lab0; Remove-ContainerNetworkAdapter b lab0");
        Assert.DoesNotContain("lab0", ShIn("a", "ip link; ip route"), StringComparison.Ordinal);
        Assert.Contains($"default via {Get("b", "Gateway")} dev eth0", ShIn("b", "ip route"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_cable_connects_two_and_nobody_else_and_goes_with_an_end()
    {
        Detach("a", parameters: "-Network none");
        Detach("b", parameters: "-Network none");
        Ok("$null = New-ContainerPeerLink a -Peer b -IPAddress 10.1.1.1 -PeerIPAddress 10.1.1.2");
        Ok("$null = New-ContainerPeerLink a -PeerHost -IPAddress 10.1.2.1 -PeerIPAddress 10.1.2.2");
        using (MirrorServer b = In("b").Serve(80))
        using (MirrorServer a = In("a").Serve(81))
        {
            Assert.Equal("10.1.1.1", In("a").Ask("10.1.1.2", 80));
            Assert.Equal("10.1.2.2", Place.Host.Ask("10.1.2.1", 81));
            Assert.True(Place.Host.CannotReach("10.1.1.2", 80));
        }

        Ok("Remove-Container b -Force");
        Eventually(() => !ShIn("a", "ip -o link").Contains("peer0@", StringComparison.Ordinal), () => "the end of the cable is left");
        Assert.Single(Ok("Get-ContainerPeerLink").Output);
        Ok("Get-ContainerPeerLink a | Remove-ContainerPeerLink");
        Assert.Empty(Ok("Get-ContainerPeerLink").Output);
        Assert.Equal("", Sh("ip -o link show type veth | grep peer || true"));
    }

    [SkippableFact]
    public void Links_and_host_entries_come_and_go()
    {
        Detach("db", parameters: "-Expose 5432");
        Detach("web");
        string inode = Inode("web");
        Ok("$null = Add-ContainerLink web -Target db -Alias store; $null = Add-ContainerHostEntry web 10.0.0.7 printer, printer.lan");
        Assert.Contains("store", Names("web", Address("db")));
        Assert.Equal(["printer", "printer.lan"], Names("web", "10.0.0.7"));
        Ok("$null = Add-ContainerHostEntry web host-gateway here");
        Assert.Contains("here", Names("web", Get("web", "Gateway")));

        // The target comes back with another address: the link follows.
        string old = Address("db");
        Ok("Stop-Container db -Timeout 0");
        Detach("squatter");
        Ok("Start-Container db");
        Assert.NotEqual(old, Address("db"));
        Assert.Contains("store", Names("web", Address("db")));
        Assert.DoesNotContain("store", Names("web", old));
        Ok("Remove-ContainerLink web store; Remove-ContainerHostEntry web printer; Remove-ContainerHostEntry web printer.lan");
        Assert.DoesNotContain("store", Names("web", Address("db")));
        Assert.Empty(Names("web", "10.0.0.7"));
        Assert.Equal(inode, Inode("web"));
    }

    [SkippableFact]
    public void A_restart_by_policy_keeps_address_and_published_port()
    {
        Detach("web", parameters: "-RestartPolicy Always -Publish 8080:80, 90");
        string address = Address("web");
        string port = Ok("(Get-ContainerPort web 90).HostPort").Lines.Single();
        Kill(Number("web", "ProcessId"));
        Eventually(() => Get("web", "RestartCount") == "1" && Get("web", "State") == "Running", () => "it does not come back");
        Assert.Equal(address, Address("web"));
        Assert.Equal(port, Ok("(Get-ContainerPort web 90).HostPort").Lines.Single());
        using MirrorServer web = In("web").Serve(80);
        using MirrorServer other = In("web").Serve(90);
        Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask(HostIP, 8080));
        Assert.Equal(LanFixture.NeighbourAddress, Neighbour.Ask(HostIP, int.Parse(port, CultureInfo.InvariantCulture)));
    }
}
