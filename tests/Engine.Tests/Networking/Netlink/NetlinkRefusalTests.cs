using System.Net;
using Containers.Engine.Linux;
using Containers.Engine.Networking;
using Containers.Engine.Networking.Netlink;
using Xunit;

namespace Containers.Engine.Tests.Networking.Netlink;

/// <summary>What the kernel refuses, and how that is told.</summary>
public sealed class NetlinkRefusalTests : IDisposable
{
    private readonly RtnetlinkSocket? _socket;

    public NetlinkRefusalTests()
    {
        if (Environment.IsPrivilegedProcess)
        {
            RtnetlinkSocket? opened = null;
            // The socket alone keeps the namespace.
            NetworkNamespace.Create(() => opened = RtnetlinkSocket.Open()).Dispose();
            _socket = opened;
        }
    }

    private RtnetlinkSocket Socket => _socket ?? throw new SkipException("network namespaces need root");

    public void Dispose() => _socket?.Dispose();

    [SkippableFact]
    public void A_name_that_is_taken_is_EEXIST_with_the_name()
    {
        Socket.Execute(LinkMessages.CreateBridge("br0"));
        LinuxException e = Refused(LinkMessages.CreateBridge("br0"));
        Assert.Equal(("RTM_NEWLINK bridge", "br0", Errno.EEXIST), (e.Call, e.Subject, e.Errno));
    }

    [SkippableFact]
    public void A_missing_master_leaves_no_pair_behind()
    {
        LinuxException e = Refused(LinkMessages.CreateVeth("veth1", "eth0", masterIndex: 4711));
        Assert.Equal(("RTM_NEWLINK veth", "veth1"), (e.Call, e.Subject));
        Assert.Null(Socket.FindLink("veth1"));
        Assert.Null(Socket.FindLink("eth0"));
    }

    [SkippableFact]
    public void An_mtu_out_of_range_comes_with_the_kernels_reason()
    {
        LinuxException e = Refused(LinkMessages.CreateBridge("br0", mtu: 20));
        Assert.Equal(Errno.EINVAL, e.Errno);
        Assert.Equal("mtu less than device minimum", e.Data[RtnetlinkSocket.KernelText]);
    }

    [SkippableFact]
    public void The_first_failure_of_a_batch_is_thrown_and_the_rest_is_done()
    {
        Socket.Execute(LinkMessages.CreateBridge("br0"));
        LinuxException e = Refused(
            LinkMessages.CreateBridge("br1"),
            LinkMessages.CreateBridge("br0"),
            LinkMessages.Delete("br9"),
            LinkMessages.CreateBridge("br2"));
        Assert.Equal(("br0", Errno.EEXIST), (e.Subject, e.Errno));
        Assert.NotNull(Socket.FindLink("br1"));
        Assert.NotNull(Socket.FindLink("br2"));
    }

    [SkippableFact]
    public void A_request_can_be_sent_again_and_an_empty_batch_is_nothing()
    {
        NetlinkRequest make = LinkMessages.CreateBridge("br0");
        Socket.Execute();
        Socket.Execute(make, LinkMessages.Delete("br0"), make);
        Assert.NotNull(Socket.FindLink("br0"));
    }

    [SkippableFact]
    public void A_route_or_an_address_that_is_there_is_EEXIST_and_one_that_is_not_is_named()
    {
        Socket.Execute(LinkMessages.CreateBridge("br0", up: true));
        int bridge = Socket.FindLink("br0")!.Index;
        InterfaceAddress address = new(IPAddress.Parse("10.9.0.1"), 24);
        NetlinkRequest route = RouteMessages.Add(IPNetwork.Parse("10.50.0.0/16"), null, bridge);
        Socket.Execute(AddressMessages.Add(bridge, address), route);

        Assert.Equal(Errno.EEXIST, Refused(AddressMessages.Add(bridge, address)).Errno);
        Assert.Equal(Errno.EEXIST, Refused(route).Errno);
        Assert.Equal(Errno.ESRCH, Refused(RouteMessages.Remove(IPNetwork.Parse("10.51.0.0/16"), null, bridge)).Errno);
        LinuxException missing = Refused(AddressMessages.Remove(bridge, new(IPAddress.Parse("10.9.0.2"), 24)));
        Assert.Equal(("RTM_DELADDR", "10.9.0.2/24"), (missing.Call, missing.Subject));
        Assert.Equal(Errno.ENODEV, Refused(AddressMessages.Add(4711, address)).Errno);
    }

    [SkippableFact]
    public void Nothing_is_found_where_nothing_is()
    {
        Assert.Null(Socket.FindLink("nothing"));
        Assert.Null(Socket.FindLink(4711));
        Assert.Null(Socket.FindLink("a-name-that-is-longer-than-the-kernel-has"));
        Assert.Null(Socket.FindLink(""));
        Assert.Empty(Socket.GetAddresses(4711));
        Assert.Empty(Socket.GetAddresses());
        Assert.Empty(Socket.GetRoutes());
    }

    [SkippableFact]
    public void Many_threads_share_a_socket()
    {
        RtnetlinkSocket socket = Socket;
        Parallel.For(0, 40, i =>
        {
            socket.Execute(LinkMessages.CreateBridge($"br{i}"));
            Assert.Equal($"br{i}", socket.FindLink($"br{i}")!.Name);
        });
        Assert.Equal(40, socket.GetLinks().Count(l => l.Kind == "bridge"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("sixteen-letters-")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a:1")]
    [InlineData("veth%d")]
    [InlineData("-j")]
    [InlineData("eth+")]
    [InlineData("eth0\n-j")]
    [InlineData("naïve")]
    public void A_name_that_kernel_or_tools_misread_is_refused_before_it_is_sent(string name)
    {
        EngineException e = Assert.Throws<EngineException>(() => LinkMessages.CreateBridge(name));
        Assert.Equal(("InvalidInterfaceName", EngineErrorKind.InvalidArgument), (e.ErrorId, e.Kind));
        Assert.Throws<EngineException>(() => LinkMessages.CreateVeth("good", name));
        Assert.Throws<EngineException>(() => LinkMessages.Rename(1, name));
    }

    private LinuxException Refused(params NetlinkRequest[] requests)
    {
        RtnetlinkSocket socket = Socket;
        return Assert.Throws<LinuxException>(() => socket.Execute(requests));
    }
}
