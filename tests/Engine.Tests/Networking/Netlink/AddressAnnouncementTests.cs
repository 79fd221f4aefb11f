using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using Containers.Engine.Linux;
using Containers.Engine.Networking;
using Containers.Engine.Networking.Netlink;
using Xunit;

namespace Containers.Engine.Tests.Networking.Netlink;

public class AddressAnnouncementTests
{
    private static readonly PhysicalAddress s_new = PhysicalAddress.Parse("02-00-00-00-00-02");

    [Fact]
    public void An_arp_announcement_asks_for_the_senders_own_address()
    {
        Assert.Equal(
            "FFFFFFFFFFFF" + "020000000002" + "0806"
            + "0001080006040001" + "020000000002" + "0A090002"
            + "000000000000" + "0A090002",
            Convert.ToHexString(AddressAnnouncement.Frame(s_new, IPAddress.Parse("10.9.0.2"))));
    }

    [Fact]
    public void An_address_that_is_not_ethernets_is_refused() =>
        Assert.Throws<ArgumentException>(() => AddressAnnouncement.Frame(PhysicalAddress.None, IPAddress.Parse("10.9.0.2")));

    /// <summary>The kernel is the referee: it learns from a frame only when fields and checksum are good.</summary>
    [SkippableTheory]
    [InlineData("10.9.0.1/24", "10.9.0.2")]
    [InlineData("fd00:9::1/64", "fd00:9::2")]
    public void A_neighbour_that_knew_another_interface_learns_the_new_one(string own, string announced)
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "network namespaces need root");
        Skip.IfNot(File.Exists("/usr/sbin/ip") || File.Exists("/sbin/ip"), "iproute2 is not installed");
        RtnetlinkSocket? opened = null;
        using NetworkNamespace neighbour = NetworkNamespace.Create(() => opened = RtnetlinkSocket.Open());
        using RtnetlinkSocket socket = opened!;
        using NetworkNamespace container = NetworkNamespace.Create();
        Assert.True(InterfaceAddress.TryParse(own, out InterfaceAddress? address));
        socket.Execute(LinkMessages.CreateVeth("near", "far", up: true, peerNamespace: container, peerMac: s_new));
        using RtnetlinkSocket inside = RtnetlinkSocket.OpenIn(container);
        int far = inside.FindLink("far")!.Index;
        inside.Execute(LinkMessages.SetUp(far));
        socket.Execute(AddressMessages.Add(socket.FindLink("near")!.Index, address!, noDad: address!.IsIPv6));
        Ip(neighbour, "neighbour", "replace", announced, "lladdr", "02:00:00:00:00:99", "nud", "stale", "dev", "near");
        Assert.Contains("02:00:00:00:00:99", Ip(neighbour, "neighbour", "show", announced, "dev", "near"), StringComparison.Ordinal);

        AddressAnnouncement.Send(container, far, s_new, IPAddress.Parse(announced));

        long start = Stopwatch.GetTimestamp();
        string seen = "";
        while (!seen.Contains("02:00:00:00:00:02", StringComparison.Ordinal) && Stopwatch.GetElapsedTime(start).TotalSeconds < 5)
        {
            seen = Ip(neighbour, "neighbour", "show", announced, "dev", "near");
        }

        Assert.Contains("02:00:00:00:00:02", seen, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void An_interface_that_is_not_there_is_an_error()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "network namespaces need root");
        using NetworkNamespace empty = NetworkNamespace.Create();
        LinuxException e = Assert.Throws<LinuxException>(() => AddressAnnouncement.Send(empty, 4711, s_new, IPAddress.Parse("10.9.0.2")));
        Assert.Equal(("sendto", Errno.ENXIO), (e.Call, e.Errno));
    }

    private static string Ip(NetworkNamespace where, params string[] arguments) => where.Run(() =>
    {
        using Process ip = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardOutput = true })!;
        string text = ip.StandardOutput.ReadToEnd();
        ip.WaitForExit();
        Assert.Equal(0, ip.ExitCode);
        return text;
    });
}
