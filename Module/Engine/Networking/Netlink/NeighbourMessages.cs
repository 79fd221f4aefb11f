using System.Net;
using System.Net.Sockets;
using static Containers.Engine.Linux.Libc;

namespace Containers.Engine.Networking.Netlink;

/// <summary>Requests about whom an interface answers for: proxy ARP and proxy neighbour discovery of single addresses.</summary>
internal static class NeighbourMessages
{
    internal static NetlinkRequest AddProxy(IPAddress address, int index) =>
        Proxy(RTM_NEWNEIGH, "RTM_NEWNEIGH proxy", NLM_F_CREATE | NLM_F_EXCL, address, index);

    internal static NetlinkRequest RemoveProxy(IPAddress address, int index) =>
        Proxy(RTM_DELNEIGH, "RTM_DELNEIGH proxy", 0, address, index);

    private static NetlinkRequest Proxy(ushort type, string call, ushort flags, IPAddress address, int index)
    {
        NeighbourHeader header = new()
        {
            Family = (byte)(address.AddressFamily == AddressFamily.InterNetwork ? AF_INET : AF_INET6),
            Index = index,
            State = NUD_PERMANENT,
            Flags = NTF_PROXY,
        };
        NetlinkWriter writer = new NetlinkWriter(type, (ushort)(NLM_F_REQUEST | NLM_F_ACK | flags)).Structure(header);
        return new NetlinkRequest(call, address.ToString(), writer.Address(NDA_DST, address).ToArray());
    }
}
