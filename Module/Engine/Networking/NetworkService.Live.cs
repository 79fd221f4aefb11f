using System.Net;
using Containers.Engine.Launch;
using Containers.Engine.Linux;
using Containers.Engine.Networking.Allocation;
using Containers.Engine.Networking.Names;
using Containers.Engine.Networking.Netlink;

namespace Containers.Engine.Networking;

/// <summary>Changes to a container that runs. Each is complete or undone; the caller changes the container's record afterwards.</summary>
internal sealed partial class NetworkService
{
    /// <summary>One more network.</summary>
    /// <param name="id">The container.</param>
    /// <param name="space">Its network namespace.</param>
    /// <param name="attachment">The network, and how.</param>
    /// <param name="warnings">Gets what could not be honoured.</param>
    internal InterfaceState Connect(string id, NetworkNamespace space, NetworkAttachment attachment, IList<string> warnings)
    {
        using FileLock turn = Lock();
        using RtnetlinkSocket host = RtnetlinkSocket.Open();
        NetworkState state = Running(id) ?? throw NoNetworks(id);
        NetworkRecord network = Find(attachment.Network, host);
        if (state.Interfaces.Any(one => one.NetworkId == network.Id))
        {
            throw new EngineException(
                EngineErrorKind.ResourceExists, "AlreadyConnected", $"Container \"{state.ContainerName}\" is on network \"{network.Name}\" already.", network.Name, null);
        }

        RequireFree(state, attachment.InterfaceName);
        InterfaceState made = PlanInterface(id, attachment, network, [.. state.Interfaces], host, warnings);
        bool leads = !state.Interfaces.Any(one => one.DefaultRoute) && made.Gateway is not null;
        made = made with { DefaultRoute = leads };
        return AddInterface(state, made, space, host, () => new AddressLeases(paths.Addresses(network.Id), isActive, NameOf).Release(id));
    }

    /// <summary>One more interface that belongs to no network.</summary>
    internal InterfaceState AddAdapter(string id, string name, NetworkNamespace space, AdapterSpec adapter)
    {
        using FileLock turn = Lock();
        using RtnetlinkSocket host = RtnetlinkSocket.Open();
        NetworkState state = Running(id) ?? new NetworkState { ContainerId = id, ContainerName = name };
        InterfaceState made = PlanAdapter(adapter, state.Interfaces, host);
        return AddInterface(state, made with { DefaultRoute = made.Gateway is not null || made.Gateway6 is not null }, space, host, () => { });
    }

    /// <summary>A network less.</summary>
    internal void Disconnect(string id, NetworkNamespace space, string network)
    {
        using FileLock turn = Lock();
        using RtnetlinkSocket host = RtnetlinkSocket.Open();
        NetworkState state = Running(id) ?? throw NoNetworks(id);
        InterfaceState gone = state.Interfaces.FirstOrDefault(one =>
                one.NetworkId.Length > 0 && (one.Network.Equals(network, StringComparison.OrdinalIgnoreCase) || one.NetworkId == network))
            ?? throw new EngineException(
                EngineErrorKind.ObjectNotFound, "NotConnected", $"Container \"{state.ContainerName}\" is not on network \"{network}\".", network,
                $"Run: Get-ContainerNetworkAdapter {state.ContainerName}");
        RemoveInterface(state, gone, space, host);
    }

    internal void RemoveAdapter(string id, NetworkNamespace space, string name)
    {
        using FileLock turn = Lock();
        using RtnetlinkSocket host = RtnetlinkSocket.Open();
        NetworkState? state = Running(id);
        InterfaceState gone = state?.Interfaces.FirstOrDefault(one => one.Name == name)
            ?? throw new EngineException(
                EngineErrorKind.ObjectNotFound, "AdapterNotFound", $"The container has no interface \"{name}\".", name, "Run: Get-ContainerNetworkAdapter");
        if (gone.NetworkId.Length > 0)
        {
            throw new EngineException(
                EngineErrorKind.InvalidOperation, "AdapterOfNetwork", $"The interface \"{name}\" belongs to network \"{gone.Network}\".", name,
                $"Run: Disconnect-ContainerNetwork -Container {state!.ContainerName} -Network {gone.Network}");
        }

        RemoveInterface(state!, gone, space, host);
    }

    /// <summary>More published ports.</summary>
    /// <returns>The new ones.</returns>
    internal IReadOnlyList<PortState> Publish(string id, IReadOnlyList<PortPublication> ports)
    {
        using FileLock turn = Lock();
        using RtnetlinkSocket host = RtnetlinkSocket.Open();
        NetworkState state = Running(id) ?? throw NoNetworks(id);
        NetworkRecord? network = state.Primary is { } primary ? Find(primary.NetworkId, host) : null;
        List<PortState> taken = TakePorts(id, state.ContainerName, state.Primary, network, ports);
        try
        {
            Replace(state, state with { Ports = [.. state.Ports, .. taken] }, host);
            InterfaceBuilder.LetBack(host, state.Primary!);
        }
        catch
        {
            _store.Write(state);
            ReleasePorts(id, taken);
            throw;
        }

        return taken;
    }

    /// <summary>Fewer published ports.</summary>
    internal void Unpublish(string id, IReadOnlyCollection<PortState> ports)
    {
        using FileLock turn = Lock();
        if (Running(id) is not { } state)
        {
            return;
        }

        using RtnetlinkSocket host = RtnetlinkSocket.Open();
        Replace(state, state with { Ports = [.. state.Ports.Except(ports)] }, host);
        ReleasePorts(id, ports);
    }

    internal void ReleasePorts(string id, IEnumerable<PortState> ports)
    {
        PortLeases leases = new(paths.Ports, isActive, NameOf);
        foreach (PortState port in ports)
        {
            leases.Release(Lease(id, port));
        }
    }

    /// <returns>False when the container has no file to change: it does not run.</returns>
    internal bool AddHost(string id, HostEntry entry)
    {
        using FileLock turn = Lock();
        NetworkState state = _store.State(id) ?? new NetworkState { ContainerId = id, ContainerName = id[..12] };
        IPAddress address = Resolve(entry, state);
        return EditHosts(id, file => HostsFile.Add(file, address, [entry.Name]));
    }

    /// <returns>False when there was no such entry.</returns>
    internal bool RemoveHost(string id, string? address, string name)
    {
        using FileLock turn = Lock();
        bool found = false;
        EditHosts(id, file =>
        {
            byte[] rest = HostsFile.Remove(file, address is null ? null : IPAddress.Parse(address), name);
            found = rest.Length != file.Length;
            return rest;
        });
        return found;
    }

    internal IReadOnlyList<HostsLine> Hosts(string id)
    {
        byte[]? content = InPlaceFile.Read(paths.Hosts(id));
        return content is null ? [] : HostsFile.Entries(content);
    }

    private InterfaceState AddInterface(NetworkState state, InterfaceState made, NetworkNamespace space, RtnetlinkSocket host, Action undoLease)
    {
        NetworkState after = state with { Interfaces = [.. state.Interfaces, made] };
        try
        {
            using RtnetlinkSocket inside = RtnetlinkSocket.OpenIn(space);
            if (inside.FindLink(made.Name) is not null)
            {
                throw new EngineException(
                    EngineErrorKind.ResourceExists, "AdapterExists", $"Container \"{state.ContainerName}\" has an interface \"{made.Name}\" already.", made.Name,
                    "Choose another name with -Name.");
            }

            if (made.IPv6 is not null)
            {
                space.Run(() =>
                {
                    KernelSetting.Write("ipv6/conf/default/disable_ipv6", "0");
                    return 0;
                });
            }

            _store.Write(after);
            if (made.DefaultRoute)
            {
                RemoveDefaultRoutes(inside);
            }

            Build(host, inside, space, made, publishes: false);
            Replace(state, after, host);
            Tell(space, inside, made);
            Retract(state);
            Announce(after);
            AddNeighbours(after, made);
            return made;
        }
        catch
        {
            RemoveBroken(state, made, space);
            undoLease();
            throw;
        }
    }

    /// <summary>The container learns who else is on the network it came to.</summary>
    private void AddNeighbours(NetworkState state, InterfaceState made)
    {
        List<NamedAddress> lines = [.. Neighbours(state).SelectMany(one => one.Lines).Where(line => line.NetworkId == made.NetworkId)];
        EditHosts(state.ContainerId, file => Add(file, lines));
    }

    private void RemoveInterface(NetworkState state, InterfaceState gone, NetworkNamespace space, RtnetlinkSocket host)
    {
        NetworkState after = state with
        {
            Interfaces = [.. state.Interfaces.Where(one => one != gone)],
            Links = [.. state.Links.Where(link => link.SourceAddress != gone.IPv4Address?.Address.ToString())],
        };
        bool carried = state.Primary == gone && state.Ports.Count > 0;
        if (carried)
        {
            throw new EngineException(
                EngineErrorKind.ResourceBusy, "NetworkPublishes", $"The published ports of container \"{state.ContainerName}\" lead through network \"{gone.Network}\".",
                gone.Network, $"Run first: Get-ContainerPort {state.ContainerName} | Unpublish-ContainerPort");
        }

        Retract(state);
        EditHosts(
            state.ContainerId, file => Remove(file, Neighbours(state).SelectMany(one => one.Lines).Where(line => line.NetworkId == gone.NetworkId)));
        using (RtnetlinkSocket inside = RtnetlinkSocket.OpenIn(space))
        {
            if (inside.FindLink(gone.Name) is { } link)
            {
                inside.Execute(LinkMessages.Delete(link.Index));
            }

            after = MoveDefaultRoute(after, gone, inside);
        }

        RemoveProxy(host, gone);
        Replace(state, after, host);
        Announce(after);
        if (gone.NetworkId.Length > 0)
        {
            new AddressLeases(paths.Addresses(gone.NetworkId), isActive, NameOf).Release(state.ContainerId);
        }
    }

    /// <summary>The default route went with its interface: the next one that has a gateway gets it.</summary>
    private static NetworkState MoveDefaultRoute(NetworkState state, InterfaceState gone, RtnetlinkSocket inside)
    {
        InterfaceState? next = gone.DefaultRoute ? state.Interfaces.FirstOrDefault(one => one.Gateway is not null || one.Gateway6 is not null) : null;
        if (next is null)
        {
            return state;
        }

        List<NetlinkRequest> requests = [];
        InterfaceBuilder.AddDefaultRoutes(requests, InterfaceBuilder.Index(inside, next.Name), next);
        inside.Execute([.. requests]);
        return state with { Interfaces = [.. state.Interfaces.Select(one => one == next ? one with { DefaultRoute = true } : one)] };
    }

    private static void RemoveDefaultRoutes(RtnetlinkSocket inside)
    {
        foreach (RouteInfo route in inside.GetRoutes().Where(route => route.Destination is null or { PrefixLength: 0 } && route.Gateway is not null))
        {
            inside.Execute(RouteMessages.Remove(
                route.Destination ?? new IPNetwork(route.Family == System.Net.Sockets.AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0),
                route.Gateway, route.Index));
        }
    }

    /// <summary>A half-made interface, whatever part of it there is.</summary>
    private void RemoveBroken(NetworkState before, InterfaceState made, NetworkNamespace space)
    {
        if (_store.State(before.ContainerId) is { } now && now.Interfaces.Contains(made))
        {
            using RtnetlinkSocket inside = RtnetlinkSocket.OpenIn(space);
            if (inside.FindLink(made.Name) is { } link)
            {
                inside.Execute(LinkMessages.Delete(link.Index));
            }

            _store.Write(before);
        }
    }

    /// <summary>Neighbours that knew the address at another interface learn where it is now.</summary>
    private static void Tell(NetworkNamespace space, RtnetlinkSocket inside, InterfaceState made)
    {
        foreach (InterfaceAddress address in new[] { made.IPv4Address, made.IPv6Address }.OfType<InterfaceAddress>())
        {
            LinkInfo link = inside.FindLink(made.Name)!;
            AddressAnnouncement.Send(space, link.Index, link.HardwareAddress, address.Address);
        }
    }

    private static void RequireFree(NetworkState state, string? name)
    {
        if (name is not null && state.Interfaces.Any(one => one.Name == name))
        {
            throw new EngineException(
                EngineErrorKind.ResourceExists, "AdapterExists", $"Container \"{state.ContainerName}\" has an interface \"{name}\" already.", name,
                "Choose another name with -InterfaceName.");
        }
    }

    private static EngineException NoNetworks(string id) => new(
        EngineErrorKind.InvalidOperation, "NetworkModeConflict", $"Container \"{id[..12]}\" has no networks of its own.", id,
        "Make it with -Network bridge, or the name of a network.");
}
