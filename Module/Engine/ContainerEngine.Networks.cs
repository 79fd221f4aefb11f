using Containers.Engine.Networking;

namespace Containers.Engine;

/// <summary>Networks, bridges, the host's settings for them, and the firewall.</summary>
public sealed partial class ContainerEngine
{
    public NetworkSettings GetNetworkSettings() => throw new NotImplementedException();

    /// <summary>Judges and keeps new settings; what runs is adapted where that is possible.</summary>
    /// <exception cref="EngineException">ConflictingSettings, InvalidSubnet, BridgeNotFound and the like.</exception>
    public NetworkSettings SetNetworkSettings(Func<NetworkSettings, NetworkSettings> change, bool validateOnly, IList<string> warnings) =>
        throw new NotImplementedException();

    public IReadOnlyList<ContainerNetwork> ListNetworks() => throw new NotImplementedException();

    /// <exception cref="EngineException">NetworkNotFound.</exception>
    public ContainerNetwork GetNetwork(string nameOrId) => throw new NotImplementedException();

    /// <exception cref="EngineException">NetworkExists, SubnetOverlaps, InvalidSubnet, InvalidGateway, ParentNotFound, InvalidMtu ...</exception>
    public ContainerNetwork CreateNetwork(NetworkDefinition definition, IList<string> warnings) => throw new NotImplementedException();

    /// <param name="nameOrId">The network.</param>
    /// <param name="force">Running containers are disconnected first.</param>
    /// <exception cref="EngineException">NetworkInUse, DefaultNetwork.</exception>
    public void RemoveNetwork(string nameOrId, bool force) => throw new NotImplementedException();

    public IReadOnlyList<ContainerBridge> ListBridges() => throw new NotImplementedException();

    /// <exception cref="EngineException">BridgeExists, InterfaceExists.</exception>
    public ContainerBridge CreateBridge(BridgeDefinition definition, IList<string> warnings) => throw new NotImplementedException();

    public ContainerBridge SetBridge(string name, BridgeChange change, IList<string> warnings) => throw new NotImplementedException();

    public void RemoveBridge(string name, bool force) => throw new NotImplementedException();

    /// <summary>The rules that should be in force now, in order.</summary>
    public IReadOnlyList<ContainerFirewallRule> GetFirewallRules() => throw new NotImplementedException();

    /// <summary>Compares what should be with what is; empty when all is well.</summary>
    public IReadOnlyList<ContainerNetworkProblem> TestNetwork() => throw new NotImplementedException();

    /// <summary>Puts right what can be.</summary>
    /// <returns>What was wrong and is right now.</returns>
    public IReadOnlyList<ContainerNetworkProblem> RepairNetwork(IList<string> warnings) => throw new NotImplementedException();
}
