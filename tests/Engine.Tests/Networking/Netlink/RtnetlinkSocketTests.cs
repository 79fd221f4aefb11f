using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Text.Json;
using Containers.Engine.Linux;
using Containers.Engine.Networking;
using Containers.Engine.Networking.Netlink;
using Xunit;

namespace Containers.Engine.Tests.Networking.Netlink;

/// <summary>The real kernel, in namespaces that end with the test.</summary>
public sealed class RtnetlinkSocketTests : IDisposable
{
    private readonly NetworkNamespace? _host;
    private readonly NetworkNamespace? _container;
    private readonly RtnetlinkSocket? _hostSocket;
    private readonly RtnetlinkSocket? _containerSocket;

    public RtnetlinkSocketTests()
    {
        if (Environment.IsPrivilegedProcess)
        {
            RtnetlinkSocket? opened = null;
            _host = NetworkNamespace.Create(() => opened = RtnetlinkSocket.Open());
            _hostSocket = opened;
            _container = NetworkNamespace.Create();
            _containerSocket = RtnetlinkSocket.OpenIn(_container);
        }
    }

    private NetworkNamespace Host => _host ?? throw new SkipException("network namespaces need root");

    private NetworkNamespace Container => _container ?? throw new SkipException("network namespaces need root");

    private RtnetlinkSocket Socket => _hostSocket ?? throw new SkipException("network namespaces need root");

    private RtnetlinkSocket Inside => _containerSocket ?? throw new SkipException("network namespaces need root");

    public void Dispose()
    {
        _hostSocket?.Dispose();
        _containerSocket?.Dispose();
        _host?.Dispose();
        _container?.Dispose();
    }

    [SkippableFact]
    public void A_container_is_put_on_a_bridge_with_three_batches()
    {
        PhysicalAddress mac = PhysicalAddress.Parse("02-42-AC-11-00-02");
        Socket.Execute(LinkMessages.CreateBridge("br0", mtu: 1400, mac: PhysicalAddress.Parse("02-42-AC-11-00-01"), up: true));
        LinkInfo bridge = Socket.FindLink("br0")!;
        Socket.Execute(
            AddressMessages.Add(bridge.Index, Parse("172.17.42.1/16")),
            AddressMessages.Add(bridge.Index, Parse("fd00:17::1/64"), noDad: true),
            LinkMessages.CreateVeth(
                "veth1", "eth0", mtu: 1400, masterIndex: bridge.Index, up: true,
                peerNamespace: Container, peerMac: mac, peerMtu: 1400),
            LinkMessages.SetBridgePort("veth1", isolated: true));
        int eth0 = Inside.FindLink("eth0")!.Index;
        Inside.Execute(
            LinkMessages.SetUp(1),
            LinkMessages.SetUp(eth0),
            AddressMessages.Add(eth0, Parse("172.17.0.2/16")),
            AddressMessages.Add(eth0, Parse("fd00:17::2/64"), noDad: true),
            RouteMessages.AddDefault(IPAddress.Parse("172.17.42.1"), eth0),
            RouteMessages.AddDefault(IPAddress.Parse("fd00:17::1"), eth0, metric: 5));

        Assert.Equal(("bridge", 1400, true), (bridge.Kind, bridge.Mtu, bridge.IsUp));
        LinkInfo near = Socket.FindLink("veth1")!;
        Assert.Equal(("veth", bridge.Index, eth0, true), (near.Kind, near.Master, near.Link, near.Isolated));
        Assert.NotNull(near.LinkNamespaceId);
        Assert.True(near.IsUp && near.HasCarrier, near.ToString());
        LinkInfo far = Inside.FindLink(eth0)!;
        Assert.Equal(("eth0", mac, 1400, near.Index), (far.Name, far.HardwareAddress, far.Mtu, far.Link));
        Assert.Contains(Inside.GetAddresses(eth0), a => a.Address == Parse("172.17.0.2/16") && a.Scope == 0 && a.Peer is null);
        Assert.Contains(Inside.GetAddresses(eth0), a => a.Address == Parse("fd00:17::2/64") && (a.Flags & 0x40) == 0);
        Assert.All(Inside.GetAddresses(eth0), a => Assert.Equal(eth0, a.Index));
        Assert.Contains(Inside.GetAddresses(), a => a.Index == 1 && a.Address == Parse("127.0.0.1/8"));
        List<RouteInfo> routes = Inside.GetRoutes();
        Assert.Contains(routes, r => r.Destination is null && r.Gateway!.ToString() == "172.17.42.1" && r.Index == eth0 && r.Table == 254);
        Assert.Contains(routes, r => r.Destination is null && r.Gateway!.ToString() == "fd00:17::1" && r.Metric == 5);
        Assert.Contains(routes, r => r.Destination.ToString() == "172.17.0.0/16" && r.PreferredSource!.ToString() == "172.17.0.2");
    }

    /// <summary>iproute2 as a second reader of what the kernel keeps.</summary>
    [SkippableFact]
    public void The_ip_command_sees_what_was_made()
    {
        Skip.IfNot(File.Exists("/usr/sbin/ip") || File.Exists("/sbin/ip"), "iproute2 is not installed");
        Socket.Execute(LinkMessages.CreateBridge("br0", up: true), LinkMessages.CreateVeth("a", "b", peerMtu: 1300));
        int a = Socket.FindLink("a")!.Index;
        int bridge = Socket.FindLink("br0")!.Index;
        Socket.Execute(
            LinkMessages.SetMaster(a, bridge),
            LinkMessages.SetMtu(a, 1280),
            LinkMessages.SetHardwareAddress(a, PhysicalAddress.Parse("02-00-00-00-00-0A")),
            LinkMessages.SetAlias(a, "of container web"),
            LinkMessages.SetBridgePort(a, isolated: true, hairpin: true),
            LinkMessages.Rename(a, "renamed"),
            AddressMessages.Add(bridge, Parse("10.9.0.1/24"), broadcast: IPAddress.Parse("10.9.0.255")),
            RouteMessages.Add(IPNetwork.Parse("10.50.0.0/16"), IPAddress.Parse("10.9.0.7"), bridge, metric: 20),
            NeighbourMessages.AddProxy(IPAddress.Parse("10.9.0.33"), bridge));

        JsonElement link = Ip("-d", "link", "show", "renamed")[0];
        Assert.Equal(1280, link.GetProperty("mtu").GetInt32());
        Assert.Equal("02:00:00:00:00:0a", link.GetProperty("address").GetString());
        Assert.Equal("br0", link.GetProperty("master").GetString());
        Assert.Equal("of container web", link.GetProperty("ifalias").GetString());
        JsonElement port = link.GetProperty("linkinfo").GetProperty("info_slave_data");
        Assert.True(port.GetProperty("isolated").GetBoolean());
        Assert.True(port.GetProperty("hairpin").GetBoolean());
        Assert.Equal(1300, Ip("link", "show", "b")[0].GetProperty("mtu").GetInt32());
        JsonElement address = Ip("address", "show", "br0")[0].GetProperty("addr_info")[0];
        Assert.Equal(("10.9.0.1", "10.9.0.255"), (address.GetProperty("local").GetString(), address.GetProperty("broadcast").GetString()));
        JsonElement route = Ip("route", "show", "10.50.0.0/16")[0];
        Assert.Equal(("10.9.0.7", 20), (route.GetProperty("gateway").GetString(), route.GetProperty("metric").GetInt32()));
        Assert.Equal("10.9.0.33", Ip("neighbour", "show", "proxy")[0].GetProperty("dst").GetString());

        LinkInfo seen = Socket.FindLink(a)!;
        Assert.Equal(("renamed", "of container web", true), (seen.Name, seen.Alias, seen.Isolated));
        Socket.Execute(
            NeighbourMessages.RemoveProxy(IPAddress.Parse("10.9.0.33"), bridge),
            RouteMessages.Replace(IPNetwork.Parse("10.50.0.0/16"), IPAddress.Parse("10.9.0.8"), bridge, metric: 20),
            LinkMessages.SetBridgePort(a, isolated: false),
            AddressMessages.Add(bridge, Parse("10.9.1.1/24")),
            AddressMessages.Remove(bridge, Parse("10.9.1.1/24")));
        Assert.Equal("10.9.0.8", Ip("route", "show", "10.50.0.0/16")[0].GetProperty("gateway").GetString());
        Assert.Equal(0, Ip("neighbour", "show", "proxy").GetArrayLength());
        Assert.False(Socket.FindLink(a)!.Isolated);
        Assert.DoesNotContain(Socket.GetAddresses(bridge), i => i.Address.Address.ToString() == "10.9.1.1");
        Socket.Execute(
            RouteMessages.Remove(IPNetwork.Parse("10.50.0.0/16"), null, bridge),
            LinkMessages.SetMaster(a, 0),
            LinkMessages.SetDown(bridge));
        Assert.DoesNotContain(Socket.GetRoutes(), r => r.Destination?.ToString() == "10.50.0.0/16");
        Assert.Equal((0, false), (Socket.FindLink(a)!.Master, Socket.FindLink(bridge)!.IsUp));
    }

    [SkippableFact]
    public void Two_ends_of_a_pair_are_point_to_point()
    {
        Socket.Execute(LinkMessages.CreateVeth("left", "right", up: true));
        int left = Socket.FindLink("left")!.Index;
        Socket.Execute(LinkMessages.SetUp(Socket.FindLink("right")!.Index));
        Socket.Execute(AddressMessages.Add(left, Parse("10.1.1.1/32"), peer: IPAddress.Parse("10.1.1.2")));

        AddressInfo address = Assert.Single(Socket.GetAddresses(left), a => !a.Address.IsIPv6);
        Assert.Equal((Parse("10.1.1.1/32"), "10.1.1.2"), (address.Address, address.Peer?.ToString()));
        Assert.Contains(Socket.GetRoutes(), r => r.Destination?.ToString() == "10.1.1.2/32" && r.Gateway is null && r.Index == left);
    }

    [SkippableFact]
    public void A_gateway_outside_the_network_needs_to_be_on_link()
    {
        Socket.Execute(LinkMessages.CreateBridge("br0", up: true));
        int bridge = Socket.FindLink("br0")!.Index;
        Socket.Execute(AddressMessages.Add(bridge, Parse("10.9.0.1/24")));
        NetlinkRequest without = RouteMessages.Add(IPNetwork.Parse("10.52.0.0/16"), IPAddress.Parse("10.200.0.9"), bridge);

        LinuxException e = Assert.Throws<LinuxException>(() => Socket.Execute(without));
        Assert.Equal(("RTM_NEWROUTE", "10.52.0.0/16"), (e.Call, e.Subject));
        Assert.Equal("Nexthop has invalid gateway", e.Data[RtnetlinkSocket.KernelText]);
        Socket.Execute(RouteMessages.Add(IPNetwork.Parse("10.52.0.0/16"), IPAddress.Parse("10.200.0.9"), bridge, onLink: true));
        Assert.Contains(Socket.GetRoutes(), r => r.Destination?.ToString() == "10.52.0.0/16");
    }

    [SkippableFact]
    public void A_link_moves_into_another_namespace_and_gets_its_new_name_there()
    {
        Socket.Execute(LinkMessages.CreateVeth("a", "b"));
        Socket.Execute(LinkMessages.MoveToNamespace(Socket.FindLink("b")!.Index, Container, "eth1"));

        Assert.Null(Socket.FindLink("b"));
        LinkInfo moved = Inside.FindLink("eth1")!;
        Assert.Equal(Socket.FindLink("a")!.Index, moved.Link);
        Socket.Execute(LinkMessages.Delete("a"));
        Assert.Null(Inside.FindLink("eth1"));
    }

    [SkippableFact]
    public void A_macvlan_is_made_in_its_namespace()
    {
        Socket.Execute(LinkMessages.CreateVeth("parent", "other", up: true));
        int parent = Socket.FindLink("parent")!.Index;
        NetlinkRequest request = LinkMessages.CreateMacvlan(
            "eth2", parent, MacvlanMode.Bridge, Container, PhysicalAddress.Parse("02-00-00-00-00-0B"), 1300, up: true);
        SkipWithoutKind(() => Socket.Execute(request), "macvlan");

        LinkInfo made = Inside.FindLink("eth2")!;
        Assert.Equal(("macvlan", parent, 1300, true), (made.Kind, made.Link, made.Mtu, made.IsUp));
        Assert.Equal(PhysicalAddress.Parse("02-00-00-00-00-0B"), made.HardwareAddress);
    }

    [SkippableFact]
    public void An_ipvlan_is_made_in_its_namespace()
    {
        Socket.Execute(LinkMessages.CreateVeth("parent", "other"));
        int parent = Socket.FindLink("parent")!.Index;
        SkipWithoutKind(() => Socket.Execute(LinkMessages.CreateIpvlan("eth2", parent, IpvlanMode.L2, Container)), "ipvlan");

        Assert.Equal(("ipvlan", parent), (Inside.FindLink("eth2")!.Kind, Inside.FindLink("eth2")!.Link));
    }

    [SkippableFact]
    public void A_vlan_is_made_on_its_parent()
    {
        Socket.Execute(LinkMessages.CreateVeth("parent", "other"));
        int parent = Socket.FindLink("parent")!.Index;
        SkipWithoutKind(() => Socket.Execute(LinkMessages.CreateVlan("parent.7", parent, 7)), "vlan (module 8021q)");

        Assert.Equal(("vlan", parent), (Socket.FindLink("parent.7")!.Kind, Socket.FindLink("parent.7")!.Link));
    }

    [SkippableFact]
    public void Three_hundred_links_are_made_in_batches_and_read_back()
    {
        int before = Socket.GetLinks().Count;
        NetlinkRequest[] requests = [.. Enumerable.Range(0, 300).Select(i => LinkMessages.CreateBridge($"br{i}"))];
        Socket.Execute(requests);

        List<LinkInfo> links = Socket.GetLinks();
        Assert.Equal(before + 300, links.Count);
        Assert.Equal(300, links.Where(l => l.Kind == "bridge").Select(l => l.Name).Distinct().Count());
    }

    private static void SkipWithoutKind(Action make, string kind)
    {
        try
        {
            make();
        }
        catch (LinuxException e) when (e.Errno == Errno.EOPNOTSUPP)
        {
            throw new SkipException($"this kernel has no {kind}: {e.Data[RtnetlinkSocket.KernelText]}");
        }
    }

    private static InterfaceAddress Parse(string text) =>
        InterfaceAddress.TryParse(text, out InterfaceAddress? address) ? address! : throw new ArgumentException(text);

    /// <summary>Runs ip in the host's stand-in; a child is in the namespace of the thread that starts it.</summary>
    private JsonElement Ip(params string[] arguments) => Host.Run(() =>
    {
        using Process ip = Process.Start(new ProcessStartInfo("ip", ["-j", .. arguments]) { RedirectStandardOutput = true })!;
        string text = ip.StandardOutput.ReadToEnd();
        ip.WaitForExit();
        Assert.Equal(0, ip.ExitCode);
        return JsonDocument.Parse(string.IsNullOrWhiteSpace(text) ? "[]" : text).RootElement;
    });
}
