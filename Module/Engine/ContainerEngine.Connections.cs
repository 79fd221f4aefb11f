using Containers.Engine.Launch;
using Containers.Engine.Networking;

namespace Containers.Engine;

/// <summary>What connects one container: networks, ports, interfaces, links, names. All of it works while it runs, and stays over a restart.</summary>
public sealed partial class ContainerEngine
{
    /// <exception cref="EngineException">NetworkNotFound, AlreadyConnected, AddressInUse, NetworkModeConflict.</exception>
    public ContainerNetworkAdapter? Connect(string container, NetworkAttachment attachment, IList<string> warnings) => throw new NotImplementedException();

    /// <exception cref="EngineException">NotConnected.</exception>
    public void Disconnect(string container, string network) => throw new NotImplementedException();

    /// <summary>Published and exposed ports of a container; of a stopped one those that a start would publish.</summary>
    public IReadOnlyList<ContainerPortMapping> GetPorts(string container) => throw new NotImplementedException();

    /// <summary>Publishes ports from now on, at once when it runs.</summary>
    /// <exception cref="EngineException">PortAlreadyAllocated, PortInUse, NetworkModeConflict.</exception>
    public IReadOnlyList<ContainerPortMapping> Publish(string container, IReadOnlyList<PortPublication> ports) => throw new NotImplementedException();

    /// <param name="container">The container.</param>
    /// <param name="match">The mappings that are to go.</param>
    /// <returns>Those that are gone.</returns>
    public IReadOnlyList<ContainerPortMapping> Unpublish(string container, Func<ContainerPortMapping, bool> match) => throw new NotImplementedException();

    /// <summary>The interfaces of a running container; none for one that is stopped.</summary>
    public IReadOnlyList<ContainerNetworkAdapter> GetAdapters(string container) => throw new NotImplementedException();

    /// <returns>The interface, or null when the container does not run: it gets it at the start.</returns>
    /// <exception cref="EngineException">AdapterExists, BridgeNotFound, ParentNotFound, InvalidAddress.</exception>
    public ContainerNetworkAdapter? AddAdapter(string container, AdapterSpec adapter, IList<string> warnings) => throw new NotImplementedException();

    /// <exception cref="EngineException">AdapterNotFound, AdapterOfNetwork.</exception>
    public void RemoveAdapter(string container, string name) => throw new NotImplementedException();

    public IReadOnlyList<ContainerPeerLink> GetPeerLinks() => throw new NotImplementedException();

    /// <exception cref="EngineException">ContainerNotRunning, AdapterExists, InvalidAddress.</exception>
    public ContainerPeerLink CreatePeerLink(PeerLinkDefinition definition) => throw new NotImplementedException();

    public void RemovePeerLink(ContainerPeerLink link) => throw new NotImplementedException();

    public IReadOnlyList<ContainerLink> GetLinks() => throw new NotImplementedException();

    /// <exception cref="EngineException">ContainerNotRunning, LinkExists, InvalidLinkAlias, NetworkModeConflict.</exception>
    public ContainerLink AddLink(string container, string target, string alias) => throw new NotImplementedException();

    /// <exception cref="EngineException">LinkNotFound.</exception>
    public void RemoveLink(string container, string alias) => throw new NotImplementedException();

    /// <summary>The lines of a running container's /etc/hosts, or of its record.</summary>
    public IReadOnlyList<ContainerHostEntry> GetHostEntries(string container) => throw new NotImplementedException();

    public ContainerHostEntry AddHostEntry(string container, HostEntry entry) => throw new NotImplementedException();

    /// <exception cref="EngineException">HostEntryNotFound.</exception>
    public void RemoveHostEntry(string container, string hostName, string? address) => throw new NotImplementedException();
}
