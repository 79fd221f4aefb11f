using System.Net;
using Containers.Engine.Networking.Netlink;

namespace Containers.Engine.Networking;

/// <summary>What of the address space is in use on this host: its routes, its name servers, the networks the engine knows.</summary>
internal static class HostNetworks
{
    internal static List<IPNetwork> InUse(RtnetlinkSocket host, NetworkStore store) =>
    [
        .. host.GetRoutes().Select(route => route.Destination).OfType<IPNetwork>().Where(network => network.PrefixLength > 0),
        .. NameServers().Select(server => new IPNetwork(server, server.GetAddressBytes().Length * 8)),
        .. store.List().SelectMany(record => record.Subnets).Select(subnet => subnet.Network),
    ];

    private static IEnumerable<IPAddress> NameServers()
    {
        if (!File.Exists("/etc/resolv.conf"))
        {
            yield break;
        }

        foreach (string line in File.ReadLines("/etc/resolv.conf"))
        {
            string[] words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words is ["nameserver", var text, ..] && IPAddress.TryParse(text.Split('%')[0], out IPAddress? server))
            {
                yield return server;
            }
        }
    }
}
