using System.Net;
using Containers.Engine.Linux;
using Containers.Engine.Networking.Allocation;
using Containers.Engine.Networking.Netlink;

namespace Containers.Engine.Networking;

/// <summary>The interfaces of a container, as they are.</summary>
internal sealed partial class NetworkService
{
    internal IReadOnlyList<ContainerNetworkAdapter> Adapters(string id, string name, NetworkState? state, NetworkNamespace space)
    {
        List<LinkInfo> links;
        using (RtnetlinkSocket inside = RtnetlinkSocket.OpenIn(space))
        {
            links = inside.GetLinks();
        }

        List<ContainerNetworkAdapter> adapters = [];
        foreach (InterfaceState one in (state?.Interfaces ?? []).OrderBy(one => one.Name, StringComparer.Ordinal))
        {
            adapters.Add(View(id, name, one) with { Present = links.Any(link => link.Name == one.Name) });
        }

        foreach (PeerLinkState link in PeerLinks())
        {
            bool near = link.ContainerId == id;
            if (near || link.PeerId == id)
            {
                string own = near ? link.Interface : link.PeerInterface;
                adapters.Add(new ContainerNetworkAdapter
                {
                    Container = name,
                    ContainerId = id,
                    Name = own,
                    Kind = AdapterKind.Peer,
                    IPAddress = new InterfaceAddress(IPAddress.Parse(near ? link.Address : link.PeerAddress), 32),
                    MacAddress = links.Find(found => found.Name == own) is { } present ? MacAddresses.Format(present.HardwareAddress.GetAddressBytes()) : "",
                    Mtu = link.Mtu,
                    Present = links.Any(found => found.Name == own),
                });
            }
        }

        return adapters;
    }

    internal static ContainerNetworkAdapter View(string id, string name, InterfaceState state) => new()
    {
        Container = name,
        ContainerId = id,
        Name = state.Name,
        Kind = state.Kind,
        Network = state.Network,
        Bridge = state.Bridge,
        HostInterface = state.HostInterface,
        IPAddress = state.IPv4Address,
        IPv6Address = state.IPv6Address,
        Gateway = state.DefaultRoute && state.Gateway is { } gateway ? IPAddress.Parse(gateway) : null,
        MacAddress = state.MacAddress,
        Mtu = state.Mtu,
        Aliases = state.Aliases,
    };
}
