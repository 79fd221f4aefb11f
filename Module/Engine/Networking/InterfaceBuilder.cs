using System.Net;
using System.Net.NetworkInformation;
using Containers.Engine.Linux;
using Containers.Engine.Networking.Netlink;

namespace Containers.Engine.Networking;

/// <summary>Makes the interfaces of a container: one message each for the pair or child, one send for addresses and routes inside.</summary>
internal static class InterfaceBuilder
{
    /// <param name="host">Socket in the engine's network namespace.</param>
    /// <param name="inside">Socket in the container's.</param>
    /// <param name="space">The container's namespace.</param>
    /// <param name="state">What is wanted.</param>
    /// <param name="publishes">Published ports lead to it.</param>
    internal static void Build(RtnetlinkSocket host, RtnetlinkSocket inside, NetworkNamespace space, InterfaceState state, bool publishes)
    {
        PhysicalAddress? mac = state.MacAddress.Length > 0 ? PhysicalAddress.Parse(state.MacAddress) : null;
        int parent = Index(host, state.Bridge);
        if (state.Kind == AdapterKind.Bridge)
        {
            host.Execute(LinkMessages.CreateVeth(
                state.HostInterface, state.Name, state.Mtu, parent, up: true, peerNamespace: space, peerMac: mac, peerMtu: state.Mtu));
            if (state.Isolated)
            {
                Isolate(host, state, parent);
            }

            if (publishes)
            {
                LetBack(host, state);
            }
        }
        else
        {
            int? mtu = state.Mtu > 0 ? state.Mtu : null;
            host.Execute(state.Kind == AdapterKind.Macvlan
                ? LinkMessages.CreateMacvlan(state.Name, parent, MacvlanMode.Bridge, space, mac, mtu)
                : LinkMessages.CreateIpvlan(state.Name, parent, IpvlanMode.L2, space));
        }

        Configure(inside, state);
    }

    /// <summary>Other containers are reached through the host only, which answers for them and whose firewall sees what passes.</summary>
    private static void Isolate(RtnetlinkSocket host, InterfaceState state, int bridge)
    {
        host.Execute(LinkMessages.SetBridgePort(state.HostInterface, isolated: true));
        if (state.IPv6Address is { } address)
        {
            host.Execute(NeighbourMessages.AddProxy(address.Address, bridge));
        }
    }

    /// <summary>
    /// A container that uses its own published port gets its frames back by the port of the bridge they came from: where bridged frames
    /// pass the firewall (br_netfilter), that is where the address is changed, and the bridge must be told to allow it.
    /// </summary>
    internal static void LetBack(RtnetlinkSocket host, InterfaceState state) =>
        host.Execute(LinkMessages.SetBridgePort(state.HostInterface, hairpin: true));

    /// <summary>Addresses and routes of an interface that is there.</summary>
    internal static void Configure(RtnetlinkSocket inside, InterfaceState state)
    {
        int index = Index(inside, state.Name);
        List<NetlinkRequest> requests = [];
        foreach (InterfaceAddress address in new[] { state.IPv4Address, state.IPv6Address }.OfType<InterfaceAddress>())
        {
            requests.Add(AddressMessages.Add(index, address, noDad: address.IsIPv6));
        }

        requests.Add(LinkMessages.SetUp(index));
        if (state.DefaultRoute)
        {
            AddDefaultRoutes(requests, index, state);
        }

        inside.Execute([.. requests]);
    }

    /// <summary>The default routes through an interface; a gateway outside its subnet gets a route of its own first, as pipework does.</summary>
    internal static void AddDefaultRoutes(List<NetlinkRequest> requests, int index, InterfaceState state)
    {
        foreach ((string? gateway, InterfaceAddress? own) in new[] { (state.Gateway, state.IPv4Address), (state.Gateway6, state.IPv6Address) })
        {
            if (gateway is null || !IPAddress.TryParse(gateway, out IPAddress? address))
            {
                continue;
            }

            if (own is null || !own.Network.Contains(address))
            {
                requests.Add(RouteMessages.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8), null, index));
            }

            requests.Add(RouteMessages.AddDefault(address, index));
        }
    }

    internal static int Index(RtnetlinkSocket socket, string name) =>
        socket.FindLink(name)?.Index ?? throw new LinuxException("RTM_GETLINK", name, Errno.ENODEV);
}
