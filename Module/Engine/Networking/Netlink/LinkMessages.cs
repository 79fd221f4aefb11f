using System.Net.NetworkInformation;
using Containers.Engine.Linux;
using static Containers.Engine.Linux.Libc;

namespace Containers.Engine.Networking.Netlink;

/// <summary>Requests that change one interface or delete it. Those that make one are in the other half.</summary>
internal static partial class LinkMessages
{
    private const ushort Change = NLM_F_REQUEST | NLM_F_ACK;

    internal static NetlinkRequest Delete(int index) => new(
        "RTM_DELLINK", Number(index), Writer(RTM_DELLINK, Change, new() { Index = index }).ToArray());

    internal static NetlinkRequest Delete(string name) => new(
        "RTM_DELLINK", name, Writer(RTM_DELLINK, Change, default).Text(IFLA_IFNAME, InterfaceName.Check(name)).ToArray());

    internal static NetlinkRequest SetUp(int index) => Set("up", new() { Index = index, Flags = IFF_UP, Change = IFF_UP });

    internal static NetlinkRequest SetDown(int index) => Set("down", new() { Index = index, Change = IFF_UP });

    /// <param name="index">The interface.</param>
    /// <param name="masterIndex">The bridge it becomes a port of; 0 for none.</param>
    internal static NetlinkRequest SetMaster(int index, int masterIndex) =>
        Set("master", new() { Index = index }, w => w.Number(IFLA_MASTER, masterIndex));

    /// <param name="index">The interface.</param>
    /// <param name="mtu">The longest packet in bytes, without the Ethernet header.</param>
    internal static NetlinkRequest SetMtu(int index, int mtu) => Set("mtu", new() { Index = index }, w => w.Number(IFLA_MTU, mtu));

    internal static NetlinkRequest SetHardwareAddress(int index, PhysicalAddress address) =>
        Set("address", new() { Index = index }, w => w.Bytes(IFLA_ADDRESS, address.GetAddressBytes()));

    /// <summary>Before Linux 6.2 an interface that is up cannot be renamed (EBUSY).</summary>
    internal static NetlinkRequest Rename(int index, string name) =>
        Set("name", new() { Index = index }, w => w.Text(IFLA_IFNAME, InterfaceName.Check(name)), subject: name);

    /// <summary>Moves the interface. It goes down and loses its addresses, and its number may be another one there.</summary>
    internal static NetlinkRequest MoveToNamespace(int index, NetworkNamespace target, string? newName = null) => Set(
        "netns",
        new() { Index = index },
        w =>
        {
            w.Number(IFLA_NET_NS_FD, target.Descriptor);
            if (newName is not null)
            {
                w.Text(IFLA_IFNAME, InterfaceName.Check(newName));
            }
        },
        target);

    /// <param name="index">The interface.</param>
    /// <param name="alias">A remark of up to 255 bytes (IFALIASZ), shown by <c>ip link</c>; empty removes it.</param>
    internal static NetlinkRequest SetAlias(int index, string alias) =>
        Set("alias", new() { Index = index }, w => w.Bytes(IFLA_IFALIAS, System.Text.Encoding.UTF8.GetBytes(alias)));

    /// <summary>A bridge's port: an isolated one reaches only ports that are not, a hairpin one gets its own packets back.</summary>
    internal static NetlinkRequest SetBridgePort(int index, bool? isolated = null, bool? hairpin = null) =>
        Set("bridge_slave", new() { Index = index }, w => BridgePort(w, isolated, hairpin));

    /// <summary>By name, so that it fits in the batch that makes the interface.</summary>
    internal static NetlinkRequest SetBridgePort(string name, bool? isolated = null, bool? hairpin = null) => Set(
        "bridge_slave",
        default,
        w => BridgePort(w.Text(IFLA_IFNAME, InterfaceName.Check(name)), isolated, hairpin),
        subject: name);

    // ip sends the kind "bridge_slave", which is none: since Linux 6.13 the kernel looks for a module of that name each time.
    private static void BridgePort(NetlinkWriter writer, bool? isolated, bool? hairpin) => writer.Nested(IFLA_LINKINFO, info =>
    {
        info.Bytes(IFLA_INFO_SLAVE_KIND, "bridge"u8);
        info.Nested(IFLA_INFO_SLAVE_DATA, data =>
        {
            if (hairpin is { } back)
            {
                data.Number(IFLA_BRPORT_MODE, (byte)(back ? 1 : 0));
            }

            if (isolated is { } alone)
            {
                data.Number(IFLA_BRPORT_ISOLATED, (byte)(alone ? 1 : 0));
            }
        });
    });

    private static NetlinkRequest Set(
        string what, LinkHeader header, Action<NetlinkWriter>? attributes = null, object? holds = null, string? subject = null)
    {
        NetlinkWriter writer = Writer(RTM_NEWLINK, Change, header);
        attributes?.Invoke(writer);
        return new NetlinkRequest($"RTM_NEWLINK {what}", subject ?? Number(header.Index), writer.ToArray(), holds);
    }

    private static NetlinkWriter Writer(ushort type, ushort flags, LinkHeader header) => new NetlinkWriter(type, flags).Structure(header);

    private static string Number(int index) => $"interface {index}";
}
