using Containers.Engine.Launch;
using Containers.Engine.Linux;
using Containers.Engine.Networking.Allocation;
using Containers.Engine.Networking.Netlink;

namespace Containers.Engine.Networking;

/// <summary>Bridges as such. One that the engine made is a network of the same name: containers can be on it at once.</summary>
internal sealed partial class NetworkService
{
    internal IReadOnlyList<ContainerBridge> ListBridges()
    {
        using RtnetlinkSocket host = RtnetlinkSocket.Open();
        List<LinkInfo> links = host.GetLinks();
        List<AddressInfo> addresses = host.GetAddresses();
        IReadOnlyList<NetworkState> states = _store.States();
        List<NetworkRecord> records = _store.List();
        if (TryDescribeDefault(host) is { } standard && !records.Any(record => record.Id == standard.Id)
            && (links.Any(link => link.Name == standard.BridgeName) || !standard.OwnsBridge))
        {
            records.Insert(0, standard);
        }

        List<ContainerBridge> bridges = [];
        foreach (LinkInfo link in links.Where(link => link.Kind == "bridge").OrderBy(link => link.Index))
        {
            NetworkRecord? record = records.Find(one => one.BridgeName == link.Name);
            bridges.Add(new ContainerBridge
            {
                Name = link.Name,
                Index = link.Index,
                Addresses = [.. addresses.Where(one => one.Index == link.Index && one.Scope == 0).Select(one => one.Address).OrderBy(one => one.IsIPv6)],
                MacAddress = link.HardwareAddress,
                Mtu = link.Mtu,
                State = link.IsUp ? "Up" : "Down",
                Network = record?.Name ?? "",
                Managed = record?.OwnsBridge == true,
                InterContainerCommunication = record?.InterContainerCommunication,
                Ports = [.. links.Where(port => port.Master == link.Index).OrderBy(port => port.Name, StringComparer.Ordinal).Select(port => Port(port.Name, states))],
            });
        }

        foreach (NetworkRecord record in records.Where(one => one.Driver == NetworkDriver.Bridge && !bridges.Any(bridge => bridge.Name == one.BridgeName)))
        {
            bridges.Add(new ContainerBridge
            {
                Name = record.BridgeName,
                State = "Missing",
                Addresses = [.. record.Subnets.Select(subnet => subnet.BridgeInterfaceAddress).OfType<InterfaceAddress>()],
                Network = record.Name,
                Managed = record.OwnsBridge,
                InterContainerCommunication = record.InterContainerCommunication,
            });
        }

        return bridges;
    }

    internal ContainerBridge GetBridge(string name) => ListBridges().FirstOrDefault(bridge => bridge.Name == name) ?? throw BridgeInterface.NotFound(name);

    internal void CreateBridge(BridgeDefinition definition, IList<string> warnings)
    {
        List<string> subnets = [];
        List<string> gateways = [];
        foreach (string text in new[] { definition.Address, definition.IPv6Address }.OfType<string>())
        {
            InterfaceAddress address = SubnetValidation.ParseBridgeAddress(text);
            subnets.Add(address.Network.ToString());
            gateways.Add(address.Address.ToString());
        }

        InterfaceNames.Validate(definition.Name);
        Create(
            new NetworkDefinition
            {
                Name = definition.Name,
                BridgeName = definition.Name,
                Subnets = subnets,
                Gateways = gateways,
                Mtu = definition.Mtu,
                InterContainerCommunication = definition.InterContainerCommunication,
                Masquerade = definition.Masquerade,
            },
            warnings);
    }

    internal void SetBridge(string name, BridgeChange change)
    {
        NetworkDefinitionCompiler.ValidateMtu(change.Mtu);
        using FileLock turn = Lock();
        using RtnetlinkSocket host = RtnetlinkSocket.Open();
        NetworkRecord record = _store.List().Find(one => one.BridgeName == name) ?? throw NotOurs(name, host);
        IReadOnlyList<NetworkState> states = _store.States();
        NetworkRecord changed = record with
        {
            Mtu = change.Mtu ?? record.Mtu,
            InterContainerCommunication = change.InterContainerCommunication ?? record.InterContainerCommunication,
            Masquerade = change.Masquerade ?? record.Masquerade,
        };
        if (change.Address is { } text && SubnetValidation.ParseBridgeAddress(text) is { } address && address.ToString() != record.IPv4?.BridgeAddress)
        {
            if (Users(record, states).ToList() is { Count: > 0 } users)
            {
                throw InUse(record.Name, users);
            }

            SubnetValidation.RequireFree(address.Network, HostNetworks.Find(host, _store, record));
            changed = changed with
            {
                IPv4 = new SubnetRecord { Subnet = address.Network.ToString(), BridgeAddress = address.ToString(), Gateway = address.Address.ToString() },
            };
            if (host.FindLink(name) is { } link && record.IPv4?.BridgeInterfaceAddress is { } old)
            {
                RemoveAddress(host, link.Index, old);
            }

            FileTree.Remove(paths.Addresses(record.Id));
        }

        LinkInfo bridge = BridgeInterface.Ensure(host, changed);
        if (change.Mtu is { } mtu && mtu != bridge.Mtu)
        {
            host.Execute(LinkMessages.SetMtu(bridge.Index, mtu));
        }

        _store.Write(changed);
        Reapply(record.Id, changed.InterContainerCommunication, host);
    }

    internal void RemoveBridge(string name)
    {
        NetworkRecord record;
        using (RtnetlinkSocket host = RtnetlinkSocket.Open())
        {
            NetworkRecord? found = _store.List().Find(one => one.BridgeName == name);
            if (found is null && name == NetworkSettings.DefaultBridge)
            {
                RemoveDefaultBridge(host);
                return;
            }

            record = found ?? throw NotOurs(name, host);
        }

        Remove(record);
    }

    private void RemoveDefaultBridge(RtnetlinkSocket host)
    {
        using FileLock turn = Lock();
        LinkInfo link = host.FindLink(NetworkSettings.DefaultBridge) ?? throw BridgeInterface.NotFound(NetworkSettings.DefaultBridge);
        List<string> users = [.. _store.States().Where(state => state.Interfaces.Any(one => one.Bridge == link.Name)).Select(state => state.ContainerName)];
        if (users.Count > 0)
        {
            throw InUse(NetworkSpec.Bridge, users);
        }

        host.Execute(LinkMessages.Delete(link.Index));
        FileTree.Remove(paths.Addresses(NetworkRecord.DefaultId));
    }

    /// <summary>Rules, and how the ports are kept apart, after a network's record changed.</summary>
    private void Reapply(string networkId, bool together, RtnetlinkSocket host)
    {
        IReadOnlyList<NetworkState> states = _store.States();
        bool used = false;
        foreach (NetworkState state in states)
        {
            List<InterfaceState> interfaces = [.. state.Interfaces.Select(one => one.NetworkId == networkId ? one with { Isolated = !together } : one)];
            used |= interfaces.Any(one => one.NetworkId == networkId);
            if (interfaces.SequenceEqual(state.Interfaces))
            {
                continue;
            }

            foreach (InterfaceState one in interfaces.Except(state.Interfaces).Where(one => host.FindLink(one.HostInterface) is not null))
            {
                host.Execute(LinkMessages.SetBridgePort(one.HostInterface, isolated: one.Isolated));
            }

            _store.Write(state with { Interfaces = interfaces });
        }

        if (used)
        {
            RebuildRules([.. _store.States()]);
        }
    }

    private static void RemoveAddress(RtnetlinkSocket host, int index, InterfaceAddress address)
    {
        if (host.GetAddresses(index).Any(one => one.Address == address))
        {
            host.Execute(AddressMessages.Remove(index, address));
        }
    }

    private static EngineException NotOurs(string name, RtnetlinkSocket host) => host.FindLink(name) is null
        ? BridgeInterface.NotFound(name)
        : new EngineException(
            EngineErrorKind.InvalidOperation, "BridgeNotManaged", $"The bridge \"{name}\" was not made by this module.", name,
            $"Change it with the tool that made it, for example: ip link delete {name}");

    private static ContainerBridgePort Port(string name, IEnumerable<NetworkState> states)
    {
        foreach (NetworkState state in states)
        {
            if (state.Interfaces.FirstOrDefault(one => one.HostInterface == name) is { } found)
            {
                return new ContainerBridgePort(name, state.ContainerName, found.Name);
            }
        }

        return new ContainerBridgePort(name, "", "");
    }
}
