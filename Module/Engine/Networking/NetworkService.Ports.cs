using System.Net;
using System.Net.Sockets;
using Containers.Engine.Launch;
using Containers.Engine.Networking.Allocation;

namespace Containers.Engine.Networking;

/// <summary>Ports of the host.</summary>
internal sealed partial class NetworkService
{
    private List<PortState> PlanPorts(
        NetworkRequest request, NetworkState state, List<(NetworkAttachment Attachment, NetworkRecord Network)> networks)
    {
        NetworkRecord? network = networks.Select(one => one.Network).FirstOrDefault(one => one.Id == state.Primary?.NetworkId);
        List<PortPublication> wanted = [.. request.Spec.Published];
        if (request.Spec.PublishAll)
        {
            wanted.AddRange(request.Exposed
                .Where(port => !wanted.Any(one => one.Port == port))
                .OrderBy(port => port.Number).ThenBy(port => port.Protocol, StringComparer.Ordinal)
                .Select(port => new PortPublication(null, 0, port)));
        }

        return wanted.Count == 0 ? [] : TakePorts(request.Id, request.Name, state.Primary, network, wanted);
    }

    /// <summary>All of them or none: what was taken is given back when one cannot be had.</summary>
    private List<PortState> TakePorts(
        string id, string name, InterfaceState? target, NetworkRecord? network, IEnumerable<PortPublication> wanted)
    {
        if (target is null || network is null || network.Driver != NetworkDriver.Bridge || network.Internal)
        {
            throw new EngineException(
                EngineErrorKind.InvalidOperation, "NetworkModeConflict",
                $"Ports of container \"{name}\" cannot be published: it is on no network whose ports the host can forward to.", name,
                "Put it on a bridge network that is not internal.");
        }

        if (!Settings.IPTables)
        {
            throw new EngineException(
                EngineErrorKind.InvalidOperation, "PublishNeedsIPTables", "Ports cannot be published while the firewall is left alone.", name,
                "Run: Set-ContainerHost -IPTables:$true");
        }

        PortLeases leases = new(paths.Ports, isActive, NameOf);
        List<PortState> taken = [];
        try
        {
            foreach (PortPublication port in wanted)
            {
                Take(leases, id, target, network, port, taken);
            }
        }
        catch
        {
            foreach (PortState port in taken)
            {
                leases.Release(Lease(id, port));
            }

            throw;
        }

        return taken;
    }

    private void Take(PortLeases leases, string id, InterfaceState target, NetworkRecord network, PortPublication port, List<PortState> taken)
    {
        string? binding = port.HostAddress ?? network.HostBindingAddress ?? Settings.DefaultBindingAddress;
        List<IPAddress> addresses = binding is null
            ? [.. target.IPv6 is null ? new[] { IPAddress.Any } : [IPAddress.Any, IPAddress.IPv6Any]]
            : [IPAddress.Parse(binding)];
        int number = port.HostPort;
        foreach (IPAddress address in addresses)
        {
            if (address.AddressFamily == AddressFamily.InterNetworkV6 && target.IPv6 is null)
            {
                throw new EngineException(
                    EngineErrorKind.InvalidOperation, "NetworkModeConflict", $"The network \"{network.Name}\" has no IPv6: nothing can be published on {address}.",
                    address.ToString(), "Make the network with -IPv6.");
            }

            // The second address gets the port that the first one got.
            bool first = address == addresses[0];
            HostPortLease lease = first && number == 0 ? leases.TakeDynamic(id, address, port.Port.Protocol)
                : first && port.LastHostPort > 0 ? leases.TakeFirst(id, address, port.Port.Protocol, number, port.LastHostPort)
                : leases.Take(id, address, number, port.Port.Protocol);
            number = lease.Port;

            taken.Add(new PortState(address.ToString(), number, port.Port.Number, port.Port.Protocol));
        }
    }

    private static HostPortLease Lease(string id, PortState port) => new(id, IPAddress.Parse(port.HostAddress), port.HostPort, port.Protocol);
}
