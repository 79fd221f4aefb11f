using System.Globalization;
using System.Net;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;
using Containers.Engine.Networking;
using Containers.Engine.Networking.Names;

namespace Containers.Engine;

/// <summary>What the operations on connections share.</summary>
public sealed partial class ContainerEngine
{
    /// <summary>One change of a container's connections: what runs first, then the record, under the container's lock.</summary>
    private T Change<T>(string nameOrId, Func<ContainerRecord, Container, (ContainerRecord Record, T Result)> change)
    {
        string id = _store.Resolve(nameOrId);
        using FileLock turn = Lock(id, CancellationToken.None);
        ContainerRecord record = _store.Record(id);
        (ContainerRecord changed, T result) = change(record, _store.Get(id));
        if (!ReferenceEquals(changed, record))
        {
            _store.Write(changed, durable: !record.Spec.RemoveOnExit);
        }

        return result;
    }

    private static ContainerSpec Networked(ContainerSpec spec, NetworkSpec network) => spec with { Network = network };

    private static IReadOnlyList<NetworkAttachment> Attachments(ContainerRecord record) =>
        record.Spec.Network is { Mode: NetworkSpec.Own, Networks.Count: 0 } ? [new NetworkAttachment(NetworkSpec.Bridge)] : record.Spec.Network.Networks;

    private static void RequireOwn(ContainerRecord record)
    {
        if (record.Spec.Network.Mode != NetworkSpec.Own)
        {
            throw NetworkValidator.ModeConflict(record.Name, record.Spec.Network.Mode, "has no network of its own");
        }
    }

    /// <summary>A container that shares another one's network shares its file of hosts, too.</summary>
    private static void RequireOwnHosts(ContainerRecord record)
    {
        if (record.Spec.Network.Mode.StartsWith(NamespaceSpec.ContainerPrefix, StringComparison.Ordinal))
        {
            throw NetworkValidator.ModeConflict(record.Name, record.Spec.Network.Mode, "shares the other's /etc/hosts");
        }
    }

    private static string HostsOwner(Container container) =>
        container.Spec?.Network.Mode is { } mode && mode.StartsWith(NamespaceSpec.ContainerPrefix, StringComparison.Ordinal)
            ? mode[NamespaceSpec.ContainerPrefix.Length..]
            : container.Id;

    /// <summary>
    /// The monitor holds the namespace that was made for the container, also between two runs; a container whose monitor was killed, or
    /// whose namespace was born with it, has it in its process.
    /// </summary>
    private NetworkNamespace OpenNetwork(Container container)
    {
        string held = string.Create(CultureInfo.InvariantCulture, $"/proc/{container.MonitorProcessId}/fd/{MonitorProtocol.NetworkDescriptor}");
        string process = string.Create(CultureInfo.InvariantCulture, $"/proc/{container.ProcessId}/ns/net");
        foreach (string path in new[] { container.MonitorProcessId > 0 ? held : "", container.ProcessId > 0 ? process : "" }.Where(path => path.Length > 0))
        {
            try
            {
                NetworkNamespace space = NetworkNamespace.Open(path);
                Container now = _store.Get(container.Id);
                if (now.MonitorProcessId == container.MonitorProcessId && now.IsRunning)
                {
                    return space; // The same monitor still: the number was not somebody else's.
                }

                space.Dispose();
            }
            catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ESRCH or Errno.EINVAL or Errno.EBADF)
            {
                // Not there, or no namespace: the next way.
            }
        }

        throw NotRunning(container);
    }

    private Container RunningOwn(string nameOrId)
    {
        Container container = _store.Get(_store.Resolve(nameOrId));
        if (!container.IsRunning)
        {
            throw NotRunning(container);
        }

        string mode = container.Spec!.Network.Mode;
        return mode is NetworkSpec.Own or NetworkSpec.None ? container : throw NetworkValidator.ModeConflict(container.Name, mode, "cannot get an interface of its own");
    }

    /// <summary>The monitor keeps other programs from the ports. One that is taken is given back, and the others with it.</summary>
    private void HoldPorts(Container container, IReadOnlyList<PortState> ports)
    {
        try
        {
            foreach (PortState port in ports)
            {
                Tell(container, MessageType.HoldPort, port);
            }
        }
        catch (EngineException)
        {
            _networks.Unpublish(container.Id, ports);
            throw;
        }
    }

    private void Tell(Container container, MessageType type, PortState port)
    {
        PlanPort held = HostPort.Of(port.Protocol, IPAddress.Parse(port.HostAddress), port.HostPort);
        using MonitorConnection? monitor = MonitorConnection.TryConnect(_paths.Run(container.Id));
        if (monitor is null)
        {
            return; // Its monitor was killed: nobody holds ports for it.
        }

        monitor.Send(type, held);
        if (monitor.Receive(out MessageType answer, out ReadOnlyMemory<byte> data, CancellationToken.None) && answer == MessageType.Refused
            && type == MessageType.HoldPort)
        {
            throw LaunchFailure.Port(held, container.Name, MonitorConnection.Body(data).B);
        }
    }

    private IReadOnlyList<ContainerPort> ImagePorts(ContainerRecord record) => Ports.OfImage(Images.Open(record.ImageId).Config);

    /// <summary>A name is resolved once: the container that is linked to stays the same when names change.</summary>
    private LinkSpec ResolveLink(string owner, LinkSpec link)
    {
        LinkEnvironment.ValidateAlias(link.Alias);
        string target = _store.Resolve(link.Container);
        return target == owner
            ? throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidLink", "A container cannot be linked to itself.", link.Container, "Name another container.")
            : link with { Container = target };
    }

    private ContainerPeerLink PeerLink(PeerLinkState link) => new()
    {
        Container = _store.TryGetRecord(link.ContainerId)?.Name ?? link.ContainerId[..12],
        ContainerId = link.ContainerId,
        Peer = link.PeerId.Length == 0 ? "" : _store.TryGetRecord(link.PeerId)?.Name ?? link.PeerId[..12],
        PeerId = link.PeerId,
        Interface = link.Interface,
        PeerInterface = link.PeerInterface,
        IPAddress = IPAddress.Parse(link.Address),
        PeerIPAddress = IPAddress.Parse(link.PeerAddress),
        Mtu = link.Mtu,
    };

    private static ContainerNetworkAdapter Adapter(Container container, InterfaceState state) => NetworkService.View(container.Id, container.Name, state);
}
