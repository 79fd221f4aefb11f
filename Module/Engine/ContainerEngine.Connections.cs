using Containers.Engine.Events;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;
using Containers.Engine.Networking;
using Containers.Engine.Networking.Names;

namespace Containers.Engine;

/// <summary>What connects one container: networks, ports, interfaces, links, names. All of it works while it runs, and stays over a restart.</summary>
public sealed partial class ContainerEngine
{
    /// <returns>The interface, or null when the container does not run: it gets it at the start.</returns>
    /// <exception cref="EngineException">NetworkNotFound, AlreadyConnected, AddressInUse, NetworkModeConflict.</exception>
    public ContainerNetworkAdapter? Connect(string container, NetworkAttachment attachment, IList<string> warnings)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        return Change(container, (record, now) =>
        {
            ContainerNetwork network = _networks.GetNetwork(attachment.Network);
            RequireOwn(record);
            NetworkAttachment wanted = attachment with { Network = network.IsDefault ? NetworkSpec.Bridge : network.Name };
            IReadOnlyList<NetworkAttachment> present = Attachments(record);
            if (present.Any(one => one.Network.Equals(wanted.Network, StringComparison.OrdinalIgnoreCase)))
            {
                throw new EngineException(
                    EngineErrorKind.ResourceExists, "AlreadyConnected", $"Container \"{record.Name}\" is on network \"{network.Name}\" already.", network.Name,
                    $"To change its address disconnect it first: Disconnect-ContainerNetwork -Container {record.Name} -Network {network.Name}");
            }

            NetworkValidator.ValidateAttachment(wanted);
            InterfaceState? made = null;
            if (now.IsRunning)
            {
                using NetworkNamespace space = OpenNetwork(now);
                made = _networks.Connect(record.Id, space, wanted, warnings);
            }

            WriteEvent(network, EventActions.Connect, record);

            return (record with { Spec = Networked(record.Spec, record.Spec.Network with { Networks = [.. present, wanted] }) },
                made is null ? null : Adapter(now, made));
        });
    }

    /// <exception cref="EngineException">NotConnected, NetworkPublishes.</exception>
    public void Disconnect(string container, string network) => Change<object?>(container, (record, now) =>
    {
        RequireOwn(record);
        string name = _networks.Store.Find(network)?.Name ?? network;
        IReadOnlyList<NetworkAttachment> present = Attachments(record);
        List<NetworkAttachment> rest = [.. present.Where(one => !one.Network.Equals(name, StringComparison.OrdinalIgnoreCase))];
        if (rest.Count == present.Count)
        {
            throw new EngineException(
                EngineErrorKind.ObjectNotFound, "NotConnected", $"Container \"{record.Name}\" is not on network \"{network}\".", network,
                $"Its networks: {string.Join(", ", present.Select(one => one.Network))}.");
        }

        if (now.IsRunning)
        {
            using NetworkNamespace space = OpenNetwork(now);
            _networks.Disconnect(record.Id, space, name == NetworkSpec.Bridge ? NetworkRecord.DefaultId : name);
        }

        if (name == NetworkSpec.Bridge || _networks.Store.Find(name) is not null)
        {
            WriteEvent(_networks.GetNetwork(name), EventActions.Disconnect, record);
        }

        // Without any network left it is a container of no network: an empty list would mean the default one.
        NetworkSpec spec = record.Spec.Network with { Networks = rest, Mode = rest.Count == 0 ? NetworkSpec.None : NetworkSpec.Own };
        return (record with { Spec = Networked(record.Spec, spec) }, null);
    });

    /// <summary>Published and exposed ports of a container; of a stopped one those that a start would publish.</summary>
    public IReadOnlyList<ContainerPortMapping> GetPorts(string container)
    {
        string id = _store.Resolve(container);
        ContainerRecord record = _store.Record(id);
        Container now = _store.Get(id);
        return Ports.List(record, now.IsRunning ? _networks.Store.State(id) : null, ImagePorts(record));
    }

    /// <summary>Publishes ports from now on, at once when it runs.</summary>
    /// <exception cref="EngineException">PortAlreadyAllocated, PortInUse, NetworkModeConflict.</exception>
    public IReadOnlyList<ContainerPortMapping> Publish(string container, IReadOnlyList<PortPublication> ports) => Change(container, (record, now) =>
    {
        RequireOwn(record);
        NetworkValidator.ValidatePorts([.. record.Spec.Network.Published, .. ports]);
        IReadOnlyList<PortState> made = [];
        if (now.IsRunning)
        {
            made = _networks.Publish(record.Id, ports);
            HoldPorts(now, made);
        }

        ContainerRecord changed = record with { Spec = Networked(record.Spec, record.Spec.Network with { Published = [.. record.Spec.Network.Published, .. ports] }) };
        return (changed, now.IsRunning ? [.. made.Select(port => Ports.Mapping(record, port))] : Ports.List(changed, null, [])
            .Where(mapping => ports.Any(port => port.Port.Number == mapping.ContainerPort && port.Port.Protocol == mapping.Protocol)).ToList());
    });

    /// <param name="container">The container.</param>
    /// <param name="match">The mappings that are to go.</param>
    /// <returns>Those that are gone.</returns>
    public IReadOnlyList<ContainerPortMapping> Unpublish(string container, Func<ContainerPortMapping, bool> match) => Change(container, (record, now) =>
    {
        NetworkState? state = now.IsRunning ? _networks.Store.State(record.Id) : null;
        List<PortState> live = [.. (state?.Ports ?? []).Where(port => match(Ports.Mapping(record, port)))];
        List<PortPublication> gone = [.. record.Spec.Network.Published.Where(one => live.Any(port => Ports.IsOf(port, one)) || (state is null && match(Ports.Mapping(record, one))))];
        if (live.Count > 0)
        {
            _networks.Unpublish(record.Id, live);
            foreach (PortState port in live)
            {
                Tell(now, MessageType.ReleasePort, port);
            }
        }

        ContainerRecord changed = record with { Spec = Networked(record.Spec, record.Spec.Network with { Published = [.. record.Spec.Network.Published.Except(gone)] }) };
        IReadOnlyList<ContainerPortMapping> removed = state is null
            ? [.. gone.Select(one => Ports.Mapping(record, one))]
            : [.. live.Select(port => Ports.Mapping(record, port))];
        return (changed, removed);
    });

    /// <summary>The interfaces of a running container; none for one that is stopped.</summary>
    public IReadOnlyList<ContainerNetworkAdapter> GetAdapters(string container)
    {
        Container now = _store.Get(_store.Resolve(container));
        NetworkState? state = now.IsRunning ? _networks.Store.State(now.Id) : null;
        if (state is null && !now.IsRunning)
        {
            return [];
        }

        using NetworkNamespace space = OpenNetwork(now);
        return _networks.Adapters(now.Id, now.Name, state, space);
    }

    /// <returns>The interface, or null when the container does not run: it gets it at the start.</returns>
    /// <exception cref="EngineException">AdapterExists, BridgeNotFound, ParentNotFound, InvalidAddress.</exception>
    public ContainerNetworkAdapter? AddAdapter(string container, AdapterSpec adapter, IList<string> warnings) => Change(container, (record, now) =>
    {
        NetworkValidator.ValidateAdapter(adapter);
        if (record.Spec.Network.Mode is not (NetworkSpec.Own or NetworkSpec.None))
        {
            throw NetworkValidator.ModeConflict(record.Name, record.Spec.Network.Mode, "cannot get an interface of its own");
        }

        if (record.Spec.Network.Adapters.Any(one => one.Name == adapter.Name))
        {
            throw new EngineException(
                EngineErrorKind.ResourceExists, "AdapterExists", $"Container \"{record.Name}\" has an interface \"{adapter.Name}\" already.", adapter.Name,
                "Choose another name with -Name.");
        }

        InterfaceState? made = null;
        if (now.IsRunning)
        {
            using NetworkNamespace space = OpenNetwork(now);
            made = _networks.AddAdapter(record.Id, record.Name, space, adapter);
        }

        return (record with { Spec = Networked(record.Spec, record.Spec.Network with { Adapters = [.. record.Spec.Network.Adapters, adapter] }) },
            made is null ? null : Adapter(now, made));
    });

    /// <exception cref="EngineException">AdapterNotFound, AdapterOfNetwork.</exception>
    public void RemoveAdapter(string container, string name) => Change<object?>(container, (record, now) =>
    {
        if (now.IsRunning)
        {
            using NetworkNamespace space = OpenNetwork(now);
            _networks.RemoveAdapter(record.Id, space, name);
        }
        else if (!record.Spec.Network.Adapters.Any(one => one.Name == name))
        {
            throw new EngineException(
                EngineErrorKind.ObjectNotFound, "AdapterNotFound", $"Container \"{record.Name}\" has no interface \"{name}\".", name,
                $"Run: Get-ContainerNetworkAdapter {record.Name}");
        }

        return (record with { Spec = Networked(record.Spec, record.Spec.Network with { Adapters = [.. record.Spec.Network.Adapters.Where(one => one.Name != name)] }) }, null);
    });

    public IReadOnlyList<ContainerPeerLink> GetPeerLinks()
    {
        _reconciler.Run();
        return [.. _networks.PeerLinks().Select(PeerLink)];
    }

    /// <exception cref="EngineException">ContainerNotRunning, AdapterExists, InvalidAddress.</exception>
    public ContainerPeerLink CreatePeerLink(PeerLinkDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        NetworkDefinitionCompiler.ValidateMtu(definition.Mtu);
        Container one = RunningOwn(definition.Container);
        Container? other = definition.Peer is null ? null : RunningOwn(definition.Peer);
        if (one.Id == other?.Id)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidPeer", $"Container \"{one.Name}\" cannot be linked to itself.", one.Name, "Name another container with -Peer.");
        }

        using NetworkNamespace space = OpenNetwork(one);
        using NetworkNamespace? peer = other is null ? null : OpenNetwork(other);
        return PeerLink(_networks.CreatePeerLink(one.Id, space, other?.Id ?? "", peer, definition));
    }

    public void RemovePeerLink(ContainerPeerLink link)
    {
        ArgumentNullException.ThrowIfNull(link);
        PeerLinkState state = _networks.PeerLinks().FirstOrDefault(one => one.ContainerId == link.ContainerId && one.Interface == link.Interface)
            ?? throw new EngineException(
                EngineErrorKind.ObjectNotFound, "PeerLinkNotFound", $"Container \"{link.Container}\" has no link at \"{link.Interface}\".", link.Container,
                "Run Get-ContainerPeerLink to list them.");
        Container? one = _store.TryGet(link.ContainerId);
        using NetworkNamespace? space = one?.IsRunning == true ? OpenNetwork(one) : null;
        _networks.RemovePeerLink(state, space);
    }

    public IReadOnlyList<ContainerLink> GetLinks() =>
    [
        .. from id in _store.Ids()
           let record = _store.TryGetRecord(id)
           where record is not null
           from link in record.Spec.Network.Links
           select new ContainerLink(record.Name, id, _store.TryGetRecord(link.Container)?.Name ?? link.Container[..12], link.Container, link.Alias),
    ];

    /// <exception cref="EngineException">ContainerNotRunning, LinkExists, InvalidLinkAlias, NetworkModeConflict.</exception>
    public ContainerLink AddLink(string container, string target, string alias) => Change(container, (record, now) =>
    {
        RequireOwn(record);
        LinkSpec link = ResolveLink(record.Id, new LinkSpec(target, alias));
        if (record.Spec.Network.Links.Any(one => one.Alias.Equals(alias, StringComparison.OrdinalIgnoreCase)))
        {
            throw new EngineException(
                EngineErrorKind.ResourceExists, "LinkExists", $"Container \"{record.Name}\" has a link \"{alias}\" already.", alias, "Choose another alias.");
        }

        _store.MarkLinks();
        if (now.IsRunning)
        {
            _networks.AddLink(record.Id, _launcher.Target(link));
        }

        return (record with { Spec = Networked(record.Spec, record.Spec.Network with { Links = [.. record.Spec.Network.Links, link] }) },
            new ContainerLink(record.Name, record.Id, _store.Get(link.Container).Name, link.Container, alias));
    });

    /// <exception cref="EngineException">LinkNotFound.</exception>
    public void RemoveLink(string container, string alias) => Change<object?>(container, (record, now) =>
    {
        List<LinkSpec> rest = [.. record.Spec.Network.Links.Where(one => !one.Alias.Equals(alias, StringComparison.OrdinalIgnoreCase))];
        if (rest.Count == record.Spec.Network.Links.Count)
        {
            throw new EngineException(
                EngineErrorKind.ObjectNotFound, "LinkNotFound", $"Container \"{record.Name}\" has no link \"{alias}\".", alias, "Run Get-ContainerLink to list them.");
        }

        if (now.IsRunning)
        {
            _networks.RemoveLink(record.Id, alias);
        }

        return (record with { Spec = Networked(record.Spec, record.Spec.Network with { Links = rest }) }, null);
    });

    /// <summary>The lines of a running container's /etc/hosts, or of its record.</summary>
    public IReadOnlyList<ContainerHostEntry> GetHostEntries(string container)
    {
        Container now = _store.Get(_store.Resolve(container));
        IEnumerable<(string Address, string Name)> entries = now.IsRunning
            ? _networks.Hosts(HostsOwner(now)).SelectMany(line => line.Names.Select(name => (line.Address.ToString(), name)))
            : now.Spec?.Network.HostEntries.Select(entry => (entry.Address, entry.Name)) ?? [];
        return [.. entries.Select(entry => new ContainerHostEntry(now.Name, now.Id, entry.Address, entry.Name))];
    }

    public ContainerHostEntry AddHostEntry(string container, HostEntry entry) => Change(container, (record, now) =>
    {
        RequireOwnHosts(record);
        HostEntry valid = HostNames.Validate(entry);
        if (now.IsRunning)
        {
            _networks.AddHost(record.Id, valid);
        }

        return (record with { Spec = Networked(record.Spec, record.Spec.Network with { HostEntries = [.. record.Spec.Network.HostEntries.Except([valid]), valid] }) },
            new ContainerHostEntry(record.Name, record.Id, valid.Address, valid.Name));
    });

    /// <exception cref="EngineException">HostEntryNotFound.</exception>
    public void RemoveHostEntry(string container, string hostName, string? address) => Change<object?>(container, (record, now) =>
    {
        RequireOwnHosts(record);
        bool found = now.IsRunning && _networks.RemoveHost(record.Id, address, hostName);
        List<HostEntry> rest = [.. record.Spec.Network.HostEntries.Where(one =>
            !one.Name.Equals(hostName, StringComparison.OrdinalIgnoreCase) || (address is not null && one.Address != address))];
        if (!found && rest.Count == record.Spec.Network.HostEntries.Count)
        {
            throw new EngineException(
                EngineErrorKind.ObjectNotFound, "HostEntryNotFound", $"Container \"{record.Name}\" knows no host \"{hostName}\".", hostName,
                $"Run: Get-ContainerHostEntry {record.Name}");
        }

        return (record with { Spec = Networked(record.Spec, record.Spec.Network with { HostEntries = rest }) }, null);
    });
}
