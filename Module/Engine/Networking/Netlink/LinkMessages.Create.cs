using System.Net.NetworkInformation;
using System.Text;
using Containers.Engine.Linux;
using static Containers.Engine.Linux.Libc;

namespace Containers.Engine.Networking.Netlink;

internal static partial class LinkMessages
{
    private const ushort Create = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;

    internal static NetlinkRequest CreateBridge(string name, int? mtu = null, PhysicalAddress? mac = null, bool up = false) =>
        Make("bridge", new NewLink(name) { Mtu = mtu, Mac = mac, Up = up });

    /// <summary>
    /// A pair in one message: the near end a port of its bridge and up, the far end in its namespace from the first moment, so that its
    /// name need not be free here and nothing is left behind when the message fails. The far end cannot be up in the same message: the
    /// kernel would open it before it has its other end (ENOTCONN). Its number is for its namespace to tell, by
    /// <see cref="RtnetlinkSocket.FindLink(string)"/>: the kernel takes one from here only when the near end's is given, too.
    /// </summary>
    /// <param name="name">The near end.</param>
    /// <param name="peerName">The far end, as it is called in its namespace.</param>
    /// <param name="mtu">Of the near end, in bytes.</param>
    /// <param name="masterIndex">The bridge the near end is a port of; 0 for none.</param>
    /// <param name="up">The near end is up. It has a carrier when both are.</param>
    /// <param name="mac">Of the near end.</param>
    /// <param name="peerNamespace">Where the far end is; null for here.</param>
    /// <param name="peerMac">Of the far end.</param>
    /// <param name="peerMtu">Of the far end, in bytes.</param>
    internal static NetlinkRequest CreateVeth(
        string name,
        string peerName,
        int? mtu = null,
        int masterIndex = 0,
        bool up = false,
        PhysicalAddress? mac = null,
        NetworkNamespace? peerNamespace = null,
        PhysicalAddress? peerMac = null,
        int? peerMtu = null)
    {
        NewLink peer = new(peerName) { Mtu = peerMtu, Mac = peerMac, Namespace = peerNamespace };
        return Make(
            "veth",
            new NewLink(name) { Mtu = mtu, Mac = mac, Up = up, Master = masterIndex },
            data => data.Nested(VETH_INFO_PEER, w => Describe(w.Structure(peer.Header), peer)),
            peerNamespace);
    }

    internal static NetlinkRequest CreateMacvlan(
        string name,
        int parentIndex,
        MacvlanMode mode,
        NetworkNamespace? target = null,
        PhysicalAddress? mac = null,
        int? mtu = null,
        bool up = false) => Make(
            "macvlan",
            new NewLink(name) { Parent = parentIndex, Namespace = target, Mac = mac, Mtu = mtu, Up = up },
            data => data.Number(IFLA_MACVLAN_MODE, (uint)mode),
            target);

    internal static NetlinkRequest CreateIpvlan(
        string name, int parentIndex, IpvlanMode mode, NetworkNamespace? target = null, int? mtu = null, bool up = false) => Make(
            "ipvlan",
            new NewLink(name) { Parent = parentIndex, Namespace = target, Mtu = mtu, Up = up },
            data => data.Number(IFLA_IPVLAN_MODE, (ushort)mode).Number(IFLA_IPVLAN_FLAGS, (ushort)0),
            target);

    /// <param name="name">The new interface.</param>
    /// <param name="parentIndex">The one its tagged frames come and go by.</param>
    /// <param name="vlanId">1 to 4094 (IEEE 802.1Q).</param>
    /// <param name="up">It is up at once.</param>
    internal static NetlinkRequest CreateVlan(string name, int parentIndex, int vlanId, bool up = false) => Make(
        "vlan",
        new NewLink(name) { Parent = parentIndex, Up = up },
        data => data.Number(IFLA_VLAN_ID, checked((ushort)vlanId)));

    private static NetlinkRequest Make(string kind, NewLink link, Action<NetlinkWriter>? data = null, object? holds = null)
    {
        NetlinkWriter writer = Writer(RTM_NEWLINK, Create, link.Header);
        Describe(writer, link);
        writer.Nested(IFLA_LINKINFO, info =>
        {
            info.Bytes(IFLA_INFO_KIND, Encoding.ASCII.GetBytes(kind));
            if (data is not null)
            {
                info.Nested(IFLA_INFO_DATA, data);
            }
        });
        return new NetlinkRequest($"RTM_NEWLINK {kind}", link.Name, writer.ToArray(), holds);
    }

    private static void Describe(NetlinkWriter writer, NewLink link)
    {
        writer.Text(IFLA_IFNAME, InterfaceName.Check(link.Name));
        if (link.Mtu is { } mtu)
        {
            writer.Number(IFLA_MTU, mtu);
        }

        if (link.Mac is { } mac)
        {
            writer.Bytes(IFLA_ADDRESS, mac.GetAddressBytes());
        }

        if (link.Parent != 0)
        {
            writer.Number(IFLA_LINK, link.Parent);
        }

        if (link.Master != 0)
        {
            writer.Number(IFLA_MASTER, link.Master);
        }

        if (link.Namespace is { } target)
        {
            writer.Number(IFLA_NET_NS_FD, target.Descriptor);
        }
    }

    /// <summary>One end of what is made.</summary>
    private sealed record NewLink(string Name)
    {
        internal int? Mtu { get; init; }

        internal PhysicalAddress? Mac { get; init; }

        internal bool Up { get; init; }

        internal int Parent { get; init; }

        internal int Master { get; init; }

        internal NetworkNamespace? Namespace { get; init; }

        internal LinkHeader Header => new() { Flags = Up ? IFF_UP : 0, Change = Up ? IFF_UP : 0 };
    }
}
