using System.Net;
using System.Net.Sockets;

namespace Containers.Engine.Networking.Netlink;

/// <summary>A route. One with several ways is reported once for each.</summary>
/// <param name="Destination">Null for a default route.</param>
/// <param name="Gateway">Null where the destination is a neighbour.</param>
/// <param name="Index">The interface, or 0 for a route that leads nowhere (blackhole).</param>
/// <param name="Metric">The lowest wins.</param>
/// <param name="Table">254 is the main table.</param>
/// <param name="Protocol">RTPROT_, who made it: 2 the kernel, 3 a tool, 4 an administrator, 9 a router's announcement.</param>
/// <param name="Type">RTN_: 1 unicast, 6 blackhole, 7 unreachable.</param>
/// <param name="PreferredSource">The address that packets come from where the program has not chosen.</param>
/// <param name="Family">IPv4 or IPv6.</param>
internal sealed record RouteInfo(
    IPNetwork? Destination,
    IPAddress? Gateway,
    int Index,
    int Metric,
    byte Table,
    byte Protocol,
    byte Type,
    IPAddress? PreferredSource,
    AddressFamily Family);
