using System.Net;
using Containers.Engine.Networking.Allocation;
using Containers.Engine.Networking.Names;
using Containers.Engine.Networking.Netlink;

namespace Containers.Engine.Networking;

/// <summary>What of the address space is in use on this host: its routes, its name servers, the networks the engine knows.</summary>
internal static class HostNetworks
{
    /// <param name="host">Socket in the engine's network namespace.</param>
    /// <param name="store">The networks that were made.</param>
    /// <param name="except">A network that is about to change, with its bridge.</param>
    internal static SubnetsInUse Find(RtnetlinkSocket host, NetworkStore store, NetworkRecord? except = null)
    {
        int own = except is null ? 0 : host.FindLink(except.BridgeName)?.Index ?? 0;
        return new SubnetsInUse
        {
            Routes = [.. host.GetRoutes().Where(route => own == 0 || route.Index != own).Select(route => route.Destination).OfType<IPNetwork>()],
            NameServers = File.Exists("/etc/resolv.conf") ? ResolvConf.NameServers(File.ReadAllBytes("/etc/resolv.conf")) : [],
            Networks = [.. store.List().Where(record => record.Id != except?.Id)
                .SelectMany(record => record.Subnets.Select(subnet => KeyValuePair.Create(record.Name, subnet.Network)))],
        };
    }
}
