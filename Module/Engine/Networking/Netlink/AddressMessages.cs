using System.Net;
using static Containers.Engine.Linux.Libc;

namespace Containers.Engine.Networking.Netlink;

/// <summary>Requests that give an interface an address or take it away.</summary>
internal static class AddressMessages
{
    /// <param name="index">The interface.</param>
    /// <param name="address">The address; its prefix makes the route to the network, or to <paramref name="peer"/>.</param>
    /// <param name="peer">The other end of a point-to-point connection, which the prefix is that of (ip-address(8)).</param>
    /// <param name="broadcast">IPv4's broadcast address; null for none.</param>
    /// <param name="noDad">IPv6: usable at once, without the second that duplicate address detection takes (RFC 4862).</param>
    internal static NetlinkRequest Add(
        int index, InterfaceAddress address, IPAddress? peer = null, IPAddress? broadcast = null, bool noDad = false)
    {
        NetlinkWriter writer = Writer(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, index, address, peer, noDad ? IFA_F_NODAD : (byte)0);
        if (broadcast is not null)
        {
            writer.Address(IFA_BROADCAST, broadcast);
        }

        return new NetlinkRequest("RTM_NEWADDR", address.ToString(), writer.ToArray());
    }

    internal static NetlinkRequest Remove(int index, InterfaceAddress address, IPAddress? peer = null) =>
        new("RTM_DELADDR", address.ToString(), Writer(RTM_DELADDR, 0, index, address, peer, 0).ToArray());

    private static NetlinkWriter Writer(ushort type, ushort flags, int index, InterfaceAddress address, IPAddress? peer, byte addressFlags)
    {
        AddressHeader header = new()
        {
            Family = (byte)(address.IsIPv6 ? AF_INET6 : AF_INET),
            PrefixLength = (byte)address.PrefixLength,
            Flags = addressFlags,
            Index = index,
        };
        // IFA_ADDRESS is the far end's; where there is none the kernel wants our own in it.
        return new NetlinkWriter(type, (ushort)(NLM_F_REQUEST | NLM_F_ACK | flags))
            .Structure(header)
            .Address(IFA_LOCAL, address.Address)
            .Address(IFA_ADDRESS, peer ?? address.Address);
    }
}
