using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Containers.Engine.Linux.Libc;

namespace Containers.Engine.Networking.Netlink;

/// <summary>What the body of RTM_NEWROUTE says, as a pure function of bytes.</summary>
internal static class RouteReplies
{
    /// <summary>The route once for each of its ways; none where the body is no route of IPv4 or IPv6.</summary>
    internal static List<RouteInfo> Read(ReadOnlySpan<byte> body)
    {
        List<RouteInfo> routes = [];
        if (!NetlinkReader.TryRead(body, out RouteHeader header, out AttributeReader attributes)
            || !NetlinkReplies.IsInternet(header.Family)
            || (header.Flags & RTM_F_CLONED) != 0)
        {
            return routes;
        }

        AddressFamily family = header.Family == AF_INET ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        RouteInfo route = new(null, null, 0, 0, header.Table, header.Protocol, header.Type, null, family);
        IPAddress? destination = null;
        ReadOnlySpan<byte> ways = default;
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case RTA_DST:
                    destination = NetlinkReplies.OfFamily(attributes.Address(), header.Family);
                    break;
                case RTA_PREFSRC:
                    route = route with { PreferredSource = NetlinkReplies.OfFamily(attributes.Address(), header.Family) };
                    break;
                case RTA_PRIORITY:
                    route = route with { Metric = attributes.Number<int>() };
                    break;
                case RTA_OIF:
                    route = route with { Index = attributes.Number<int>() };
                    break;
                case RTA_GATEWAY or RTA_VIA:
                    route = route with { Gateway = Gateway(attributes) };
                    break;
                case RTA_MULTIPATH:
                    ways = attributes.Value;
                    break;
            }
        }

        if (header.DestinationLength > 0)
        {
            if (destination is null || header.DestinationLength > NetlinkReplies.Bits(destination))
            {
                return routes;
            }

            route = route with { Destination = new InterfaceAddress(destination, header.DestinationLength).Network };
        }

        AddWays(routes, route, ways);
        if (routes.Count == 0)
        {
            routes.Add(route);
        }

        return routes;
    }

    private static void AddWays(List<RouteInfo> routes, RouteInfo route, ReadOnlySpan<byte> ways)
    {
        int size = Unsafe.SizeOf<NextHopHeader>();
        while (ways.Length >= size)
        {
            NextHopHeader hop = MemoryMarshal.Read<NextHopHeader>(ways);
            if (hop.Length < size || hop.Length > ways.Length)
            {
                return;
            }

            RouteInfo way = route with { Index = hop.Index };
            AttributeReader attributes = new(ways[size..hop.Length]);
            while (attributes.MoveNext())
            {
                if (attributes.Type is RTA_GATEWAY or RTA_VIA)
                {
                    way = way with { Gateway = Gateway(attributes) };
                }
            }

            routes.Add(way);
            ways = ways[Math.Min(NetlinkWriter.Align(hop.Length), ways.Length)..];
        }
    }

    /// <summary>RTA_VIA is a gateway of the other family: its family in two bytes, then the address (struct rtvia).</summary>
    private static IPAddress? Gateway(AttributeReader attribute) =>
        attribute.Type == RTA_GATEWAY ? attribute.Address()
        : attribute.Value.Length is 6 or 18 ? new IPAddress(attribute.Value[2..])
        : null;
}
