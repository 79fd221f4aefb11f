using Containers.Engine.Events;
using Containers.Engine.Lifecycle;
using Containers.Engine.Networking;
using Containers.Engine.Networking.Netlink;

namespace Containers.Engine;

/// <summary>Networks, bridges, the host's settings for them, and the firewall.</summary>
public sealed partial class ContainerEngine
{
    public NetworkSettings GetNetworkSettings() => _settings.Read().Network;

    /// <summary>Judges and keeps new settings. Running containers stay as they are, but for the firewall.</summary>
    /// <param name="change">From the settings as they are to those that are wanted.</param>
    /// <param name="validateOnly">Only the judgement is wanted.</param>
    /// <param name="warnings">Gets what takes effect later.</param>
    /// <exception cref="EngineException">ConflictingSettings, InvalidSubnet, BridgeNotFound and the like.</exception>
    public NetworkSettings SetNetworkSettings(Func<NetworkSettings, NetworkSettings> change, bool validateOnly, IList<string> warnings)
    {
        ArgumentNullException.ThrowIfNull(change);
        _store.Prepare();
        HostSettings now = _settings.Read();
        NetworkSettings wanted = change(now.Network);
        using (RtnetlinkSocket host = RtnetlinkSocket.Open())
        {
            NetworkSettingsValidator.Validate(wanted, _networks.Store, host);
        }

        if (!validateOnly && wanted != now.Network)
        {
            _reconciler.Run();
            _networks.ChangeSettings(now.Network, wanted, () => _settings.Write(now with { Network = wanted }), warnings);
        }

        return wanted;
    }

    /// <summary>The default network first.</summary>
    public IReadOnlyList<ContainerNetwork> ListNetworks()
    {
        _reconciler.Run();
        return _networks.ListNetworks();
    }

    /// <exception cref="EngineException">NetworkNotFound.</exception>
    public ContainerNetwork GetNetwork(string nameOrId)
    {
        _reconciler.Run();
        return _networks.GetNetwork(nameOrId);
    }

    /// <exception cref="EngineException">NetworkExists, SubnetOverlaps, InvalidSubnet, InvalidGateway, ParentNotFound, InvalidMtu ...</exception>
    public ContainerNetwork CreateNetwork(NetworkDefinition definition, IList<string> warnings)
    {
        _store.Prepare();
        ContainerNetwork made = _networks.Create(definition, warnings);
        WriteEvent(made, EventActions.Create);
        return made;
    }

    /// <param name="nameOrId">The network.</param>
    /// <param name="force">Running containers are disconnected first.</param>
    /// <exception cref="EngineException">NetworkInUse, DefaultNetwork.</exception>
    public void RemoveNetwork(string nameOrId, bool force)
    {
        _reconciler.Run();
        ContainerNetwork network = _networks.GetNetwork(nameOrId);
        NetworkRecord record = _networks.Store.Find(network.Name) ?? throw new EngineException(
            EngineErrorKind.InvalidOperation, "DefaultNetwork", $"The network \"{network.Name}\" is the default network.", network.Name,
            "To have none run: Set-ContainerHost -BridgeName none");
        foreach (string container in force ? network.Containers : [])
        {
            Unpublish(container, _ => _networks.Store.State(_store.Resolve(container))?.Primary?.NetworkId == record.Id);
            Disconnect(container, record.Name);
        }

        _networks.Remove(record);
        WriteEvent(network, EventActions.Destroy);
    }

    public IReadOnlyList<ContainerBridge> ListBridges()
    {
        _reconciler.Run();
        return _networks.ListBridges();
    }

    /// <exception cref="EngineException">BridgeExists, InterfaceExists.</exception>
    public ContainerBridge CreateBridge(BridgeDefinition definition, IList<string> warnings)
    {
        ArgumentNullException.ThrowIfNull(definition);
        _store.Prepare();
        _networks.CreateBridge(definition, warnings);
        ContainerBridge made = _networks.GetBridge(definition.Name);
        WriteEvent(_networks.GetNetwork(made.Network), EventActions.Create);
        return made;
    }

    /// <exception cref="EngineException">BridgeNotFound, BridgeNotManaged, NetworkInUse.</exception>
    public ContainerBridge SetBridge(string name, BridgeChange change, IList<string> warnings)
    {
        _reconciler.Run();
        _networks.SetBridge(name, change);
        return _networks.GetBridge(name);
    }

    /// <param name="name">A bridge that the engine made.</param>
    /// <param name="force">Running containers are disconnected first.</param>
    public void RemoveBridge(string name, bool force)
    {
        _reconciler.Run();
        ContainerBridge bridge = _networks.GetBridge(name);
        if (force && _networks.Store.Find(bridge.Network) is not null)
        {
            RemoveNetwork(bridge.Network, force);
            return;
        }

        ContainerNetwork? network = _networks.Store.Find(bridge.Network) is null ? null : _networks.GetNetwork(bridge.Network);
        _networks.RemoveBridge(name);
        if (network is not null)
        {
            WriteEvent(network, EventActions.Destroy);
        }
    }

    /// <param name="network">The network.</param>
    /// <param name="action">create, destroy, connect, disconnect.</param>
    /// <param name="container">With connect and disconnect, as docker has it: the container that it is about.</param>
    private void WriteEvent(ContainerNetwork network, string action, ContainerRecord? container = null)
    {
        string driver = network.Driver.ToString().ToLowerInvariant();
        if (container is null)
        {
            _events.Write(ContainerEventType.Network, action, network.Id, network.Name, ("type", driver));
        }
        else
        {
            _events.Write(
                ContainerEventType.Network, action, network.Id, network.Name,
                ("type", driver), ("container", container.Id), ("containerName", container.Name));
        }
    }

    /// <summary>The rules that should be in force now, in order.</summary>
    public IReadOnlyList<ContainerFirewallRule> GetFirewallRules()
    {
        _reconciler.Run();
        return _networks.GetRules();
    }

    /// <summary>Compares what should be with what is; empty when all is well.</summary>
    public IReadOnlyList<ContainerNetworkProblem> TestNetwork()
    {
        _reconciler.Run();
        return _networks.Check();
    }

    /// <summary>Puts right what can be.</summary>
    /// <returns>What was wrong and is right now.</returns>
    public IReadOnlyList<ContainerNetworkProblem> RepairNetwork(IList<string> warnings)
    {
        _reconciler.Run();
        return _networks.Repair(warnings);
    }
}
