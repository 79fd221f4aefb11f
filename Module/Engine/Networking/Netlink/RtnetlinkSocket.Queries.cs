using System.Runtime.InteropServices;
using Containers.Engine.Linux;
using static Containers.Engine.Linux.Libc;

namespace Containers.Engine.Networking.Netlink;

internal sealed unsafe partial class RtnetlinkSocket
{
    // Something changed while the kernel counted: it says so, and the list may lack an entry. A busy host needs a second look, not a tenth.
    private const int MaxAttempts = 10;

    private delegate void ReplyReader(ReadOnlySpan<byte> body);

    internal List<LinkInfo> GetLinks()
    {
        List<LinkInfo> links = [];
        NetlinkWriter request = new NetlinkWriter(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP)
            .Structure(default(LinkHeader))
            .Number(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
        Query("RTM_GETLINK", "all interfaces", request.ToArray(), RTM_NEWLINK, links.Clear, body =>
        {
            if (NetlinkReplies.ReadLink(body) is { } link)
            {
                links.Add(link);
            }
        });
        return links;
    }

    /// <returns>Null when this namespace has no interface of that name.</returns>
    internal LinkInfo? FindLink(string name) => name.Length is 0 or > InterfaceName.MaxLength
        ? null
        : FindLink(name, default, writer => writer.Text(IFLA_IFNAME, name));

    /// <returns>Null when this namespace has no interface of that number.</returns>
    internal LinkInfo? FindLink(int index) => index <= 0 ? null : FindLink($"interface {index}", new() { Index = index }, static _ => { });

    /// <summary>The addresses, IPv4 and IPv6, of one interface or of all.</summary>
    internal List<AddressInfo> GetAddresses(int? index = null)
    {
        List<AddressInfo> addresses = [];
        NetlinkWriter request = new NetlinkWriter(RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP)
            .Structure(new AddressHeader { Index = index ?? 0 });
        string subject = index is null ? "all interfaces" : $"interface {index}";
        int errno = Query("RTM_GETADDR", subject, request.ToArray(), RTM_NEWADDR, addresses.Clear, body =>
        {
            if (NetlinkReplies.ReadAddress(body) is { } address && (index is null || address.Index == index))
            {
                addresses.Add(address);
            }
        }, Errno.ENODEV);
        return errno == 0 ? addresses : [];
    }

    /// <summary>The main table's routes, IPv4 and IPv6.</summary>
    internal List<RouteInfo> GetRoutes() => [.. GetRoutes(AF_INET), .. GetRoutes(AF_INET6)];

    private List<RouteInfo> GetRoutes(int family)
    {
        List<RouteInfo> routes = [];
        NetlinkWriter request = new NetlinkWriter(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP)
            .Structure(new RouteHeader { Family = (byte)family })
            .Number(RTA_TABLE, (uint)RT_TABLE_MAIN);
        // A namespace that never had a route has no table either (ENOENT).
        Query("RTM_GETROUTE", "main table", request.ToArray(), RTM_NEWROUTE, routes.Clear, body =>
            routes.AddRange(RouteReplies.Read(body).Where(route => route.Table == RT_TABLE_MAIN)), Errno.ENOENT);
        return routes;
    }

    private LinkInfo? FindLink(string subject, LinkHeader header, Action<NetlinkWriter> attributes)
    {
        LinkInfo? link = null;
        NetlinkWriter request = new NetlinkWriter(RTM_GETLINK, NLM_F_REQUEST | NLM_F_ACK).Structure(header);
        attributes(request);
        request.Number(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
        byte[] message = request.ToArray();
        Query("RTM_GETLINK", subject, message, RTM_NEWLINK, () => link = null, body => link = NetlinkReplies.ReadLink(body), Errno.ENODEV);
        return link;
    }

    /// <summary>Asks, and reads replies up to the end of the dump or the acknowledgement.</summary>
    /// <returns>0, or <paramref name="tolerated"/> when the kernel answered with that.</returns>
    private int Query(string call, string subject, byte[] request, ushort replyType, Action restart, ReplyReader read, int tolerated = 0)
    {
        lock (_lock)
        {
            for (int attempt = 1; ; attempt++)
            {
                restart();
                uint sequence = ++_sequence;
                MemoryMarshal.Write(request.AsSpan(8), sequence);
                Send(request, call, subject);
                int errno = ReadReplies(sequence, replyType, read, out bool incomplete, out string? text);
                if (incomplete && attempt < MaxAttempts)
                {
                    continue;
                }

                return errno == 0 || errno == tolerated ? errno : throw Failure(call, subject, errno, text);
            }
        }
    }

    private int ReadReplies(uint sequence, ushort replyType, ReplyReader read, out bool incomplete, out string? text)
    {
        incomplete = false;
        text = null;
        while (true)
        {
            int length = Receive();
            if (length < 0)
            {
                incomplete = length == -Errno.ENOBUFS;
                return -length;
            }

            NetlinkReader reader = new(_buffer.AsSpan(0, length));
            while (reader.MoveNext())
            {
                if (reader.Sequence != sequence)
                {
                    continue;
                }

                incomplete |= (reader.Flags & NLM_F_DUMP_INTR) != 0;
                if (reader.Type is NLMSG_DONE)
                {
                    int errno = NetlinkReplies.ReadDone(reader.Body, out text);
                    return errno == 0 && incomplete ? Errno.EAGAIN : errno;
                }

                if (reader.Type is NLMSG_ERROR)
                {
                    return NetlinkReplies.TryReadAcknowledgement(reader.Body, reader.Flags, out int errno, out text)
                        ? errno
                        : Errno.EBADMSG;
                }

                if (reader.Type == replyType)
                {
                    read(reader.Body);
                }
            }
        }
    }
}
