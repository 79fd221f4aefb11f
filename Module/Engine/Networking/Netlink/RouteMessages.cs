using System.Net;
using System.Net.Sockets;
using static Containers.Engine.Linux.Libc;

namespace Containers.Engine.Networking.Netlink;

/// <summary>Requests about routes of the main table.</summary>
internal static class RouteMessages
{
    /// <param name="gateway">Its family is the route's.</param>
    /// <param name="index">The interface the gateway is reached by.</param>
    /// <param name="metric">Among routes to the same destination the lowest wins; null for the kernel's own (IPv4 0, IPv6 1024).</param>
    internal static NetlinkRequest AddDefault(IPAddress gateway, int index, int? metric = null) =>
        Route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, null, gateway, index, metric, onLink: false, source: null);

    /// <param name="destination">The network.</param>
    /// <param name="gateway">Null: the hosts of the network are neighbours (scope link).</param>
    /// <param name="index">The interface.</param>
    /// <param name="onLink">Take the gateway for a neighbour although no address of the interface has it in its network.</param>
    /// <param name="metric">As for <see cref="AddDefault"/>.</param>
    /// <param name="source">The address that packets by this route come from where the program has not chosen.</param>
    internal static NetlinkRequest Add(
        IPNetwork destination, IPAddress? gateway, int index, bool onLink = false, int? metric = null, IPAddress? source = null) =>
        Route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, destination, gateway, index, metric, onLink, source);

    /// <summary>As <see cref="Add"/>, and takes the place of the route with the same destination and metric.</summary>
    internal static NetlinkRequest Replace(
        IPNetwork destination, IPAddress? gateway, int index, bool onLink = false, int? metric = null, IPAddress? source = null) =>
        Route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, destination, gateway, index, metric, onLink, source);

    /// <summary>Removes the route of any scope that has these; a default route is that to 0.0.0.0/0 or ::/0.</summary>
    internal static NetlinkRequest Remove(IPNetwork destination, IPAddress? gateway, int index, int? metric = null) =>
        Route(RTM_DELROUTE, 0, destination, gateway, index, metric, onLink: false, source: null);

    private static NetlinkRequest Route(
        ushort type, ushort flags, IPNetwork? destination, IPAddress? gateway, int index, int? metric, bool onLink, IPAddress? source)
    {
        AddressFamily family = destination?.BaseAddress.AddressFamily ?? gateway!.AddressFamily;
        bool v4 = family == AddressFamily.InterNetwork;
        RouteHeader header = new()
        {
            Family = (byte)(v4 ? AF_INET : AF_INET6),
            DestinationLength = (byte)(destination?.PrefixLength ?? 0),
            Table = RT_TABLE_MAIN,
        };
        if (type == RTM_DELROUTE)
        {
            header.Scope = RT_SCOPE_NOWHERE;
        }
        else
        {
            header.Protocol = RTPROT_BOOT;
            // IPv6 routes have no scope.
            header.Scope = v4 && gateway is null ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
            header.Type = RTN_UNICAST;
            header.Flags = onLink ? RTNH_F_ONLINK : 0;
        }

        NetlinkWriter writer = new NetlinkWriter(type, (ushort)(NLM_F_REQUEST | NLM_F_ACK | flags)).Structure(header);
        if (destination is { PrefixLength: > 0 } network)
        {
            writer.Address(RTA_DST, network.BaseAddress);
        }

        if (gateway is not null)
        {
            writer.Address(RTA_GATEWAY, gateway);
        }

        if (source is not null)
        {
            writer.Address(RTA_PREFSRC, source);
        }

        writer.Number(RTA_OIF, index);
        if (metric is { } priority)
        {
            writer.Number(RTA_PRIORITY, priority);
        }

        string subject = destination is { PrefixLength: > 0 } ? destination.Value.ToString() : $"default via {gateway}";
        return new NetlinkRequest(type == RTM_DELROUTE ? "RTM_DELROUTE" : "RTM_NEWROUTE", subject, writer.ToArray());
    }
}
