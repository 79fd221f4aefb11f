using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using static Containers.Engine.Linux.Libc;

namespace Containers.Engine.Networking.Netlink;

/// <summary>What the bodies of replies say. Pure functions of bytes: what they do not understand they leave out.</summary>
internal static class NetlinkReplies
{
    /// <summary>The acknowledgement (struct nlmsgerr): errno, 0 for success, and the kernel's own text where it sent one.</summary>
    /// <returns>False when the body is too short to be one.</returns>
    internal static bool TryReadAcknowledgement(ReadOnlySpan<byte> body, ushort flags, out int errno, out string? text)
    {
        errno = 0;
        text = null;
        if (body.Length < 4 + NetlinkWriter.HeaderSize)
        {
            return false;
        }

        errno = -MemoryMarshal.Read<int>(body);
        // The request follows, whole unless it is capped, then the attributes.
        uint request = (flags & NLM_F_CAPPED) != 0 ? NetlinkWriter.HeaderSize : MemoryMarshal.Read<uint>(body[4..]);
        text = (flags & NLM_F_ACK_TLVS) != 0 && request <= body.Length - 4
            ? ReadText(body[Math.Min(4 + NetlinkWriter.Align((int)request), body.Length)..])
            : null;
        return errno >= 0;
    }

    /// <summary>The end of a dump: 0 or an errno, then attributes as in an acknowledgement.</summary>
    internal static int ReadDone(ReadOnlySpan<byte> body, out string? text)
    {
        text = body.Length > 4 ? ReadText(body[4..]) : null;
        return body.Length < 4 ? 0 : Math.Max(0, -MemoryMarshal.Read<int>(body));
    }

    internal static LinkInfo? ReadLink(ReadOnlySpan<byte> body)
    {
        if (!NetlinkReader.TryRead(body, out LinkHeader header, out AttributeReader attributes))
        {
            return null;
        }

        string? name = null;
        LinkInfo link = new(header.Index, "", "", 0, PhysicalAddress.None, 0, 0, null, (LinkFlags)header.Flags, false, null);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case IFLA_IFNAME:
                    name = attributes.Text();
                    break;
                case IFLA_MTU:
                    link = link with { Mtu = attributes.Number<int>() };
                    break;
                case IFLA_ADDRESS:
                    link = link with { HardwareAddress = new PhysicalAddress(attributes.Value.ToArray()) };
                    break;
                case IFLA_MASTER:
                    link = link with { Master = attributes.Number<int>() };
                    break;
                case IFLA_LINK:
                    link = link with { Link = attributes.Number<int>() };
                    break;
                case IFLA_LINK_NETNSID:
                    link = link with { LinkNamespaceId = attributes.Number<int>() };
                    break;
                case IFLA_IFALIAS:
                    link = link with { Alias = attributes.Text() };
                    break;
                case IFLA_LINKINFO:
                    link = ReadKind(link, new AttributeReader(attributes.Value));
                    break;
            }
        }

        return name is null ? null : link with { Name = name };
    }

    internal static AddressInfo? ReadAddress(ReadOnlySpan<byte> body)
    {
        if (!NetlinkReader.TryRead(body, out AddressHeader header, out AttributeReader attributes) || !IsInternet(header.Family))
        {
            return null;
        }

        IPAddress? local = null;
        IPAddress? address = null;
        uint flags = header.Flags;
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case IFA_LOCAL:
                    local = OfFamily(attributes.Address(), header.Family);
                    break;
                case IFA_ADDRESS:
                    address = OfFamily(attributes.Address(), header.Family);
                    break;
                case IFA_FLAGS:
                    flags = attributes.Number<uint>();
                    break;
            }
        }

        // IPv6 sends IFA_LOCAL only where there is a peer.
        IPAddress? own = local ?? address;
        return own is null || header.PrefixLength > Bits(own)
            ? null
            : new AddressInfo(
                header.Index,
                new InterfaceAddress(own, header.PrefixLength),
                own.Equals(address) ? null : address,
                header.Scope,
                flags);
    }

    internal static bool IsInternet(byte family) => family is AF_INET or AF_INET6;

    internal static int Bits(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;

    /// <summary>The address, unless it has the length of the other family's.</summary>
    internal static IPAddress? OfFamily(IPAddress? address, byte family) =>
        address?.AddressFamily == (family == AF_INET ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6) ? address : null;

    private static LinkInfo ReadKind(LinkInfo link, AttributeReader attributes)
    {
        bool bridgePort = false;
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case IFLA_INFO_KIND:
                    link = link with { Kind = attributes.Text() };
                    break;
                case IFLA_INFO_SLAVE_KIND:
                    bridgePort = attributes.Text() == "bridge";
                    break;
                case IFLA_INFO_SLAVE_DATA when bridgePort:
                    AttributeReader port = new(attributes.Value);
                    while (port.MoveNext())
                    {
                        if (port.Type == IFLA_BRPORT_ISOLATED)
                        {
                            link = link with { Isolated = port.Number<byte>() != 0 };
                        }
                    }

                    break;
            }
        }

        return link;
    }

    private static string? ReadText(ReadOnlySpan<byte> bytes)
    {
        AttributeReader attributes = new(bytes);
        while (attributes.MoveNext())
        {
            if (attributes.Type == NLMSGERR_ATTR_MSG)
            {
                return attributes.Text();
            }
        }

        return null;
    }
}
