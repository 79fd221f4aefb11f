using System.Net;
using Containers.Engine.Launch;
using Containers.Engine.Linux;
using Containers.Engine.Networking.Names;

namespace Containers.Engine.Networking;

/// <summary>
/// Who is found under which name: lines of each container's /etc/hosts, kept current in place. Every container knows the others of its
/// networks by name, alias and short id.
/// </summary>
internal sealed partial class NetworkService
{
    /// <summary>One container's line on one network.</summary>
    private sealed record NamedAddress(string NetworkId, IPAddress Address, IReadOnlyList<string> Names);

    private static IEnumerable<NamedAddress> Lines(NetworkState state)
    {
        foreach (InterfaceState one in state.Interfaces.Where(one => one.NetworkId.Length > 0 && one.Names))
        {
            List<string> names = [state.ContainerName, .. one.Aliases, state.ContainerId[..12]];
            foreach (InterfaceAddress address in new[] { one.IPv4Address, one.IPv6Address }.OfType<InterfaceAddress>())
            {
                yield return new NamedAddress(one.NetworkId, address.Address, [.. names.Distinct(StringComparer.OrdinalIgnoreCase)]);
            }
        }
    }

    /// <summary>Others on a network of this container's, with their lines on common networks.</summary>
    private IEnumerable<(NetworkState Other, List<NamedAddress> Lines)> Neighbours(NetworkState state)
    {
        HashSet<string> networks = [.. state.Interfaces.Where(one => one.NetworkId.Length > 0 && one.Names).Select(one => one.NetworkId)];
        foreach (NetworkState other in _store.States())
        {
            if (other.ContainerId == state.ContainerId)
            {
                continue;
            }

            List<NamedAddress> lines = [.. Lines(other).Where(line => networks.Contains(line.NetworkId))];
            if (lines.Count > 0)
            {
                yield return (other, lines);
            }
        }
    }

    /// <summary>The container's own file, at its start.</summary>
    private void WriteHosts(NetworkState state, NetworkRequest request)
    {
        List<(IPAddress, IReadOnlyList<string>)> lines = [.. state.Links.Select(link => (IPAddress.Parse(link.TargetAddress), (IReadOnlyList<string>)[link.Alias]))];
        foreach (HostEntry entry in request.Spec.HostEntries)
        {
            lines.Add((Resolve(entry, state), [entry.Name]));
        }

        lines.AddRange(Neighbours(state).SelectMany(one => one.Lines).Select(line => (line.Address, line.Names)));
        IPAddress? own = state.Interfaces.Select(one => one.IPv4Address ?? one.IPv6Address).FirstOrDefault(address => address is not null)?.Address;
        Files.Write(paths.Hosts(state.ContainerId), HostsFile.Create(own, request.HostName, lines), 0x1A4); // 0644
    }

    /// <summary>Tells the neighbours.</summary>
    private void Announce(NetworkState state) => ForNeighbours(state, (file, line) => file.Add(line.Address, line.Names));

    /// <summary>Takes the lines out again.</summary>
    private void Retract(NetworkState state) => ForNeighbours(state, (file, line) =>
    {
        foreach (string name in line.Names)
        {
            file.Remove(line.Address.ToString(), name);
        }
    });

    private void ForNeighbours(NetworkState state, Action<HostsFile, NamedAddress> change)
    {
        List<NamedAddress> own = [.. Lines(state)];
        if (own.Count == 0)
        {
            return;
        }

        foreach ((NetworkState other, List<NamedAddress> theirs) in Neighbours(state))
        {
            EditHosts(other.ContainerId, file =>
            {
                foreach (NamedAddress line in own.Where(line => theirs.Any(one => one.NetworkId == line.NetworkId)))
                {
                    change(file, line);
                }
            });
        }
    }

    /// <summary>Changes a running container's file in place, leaving alone what the container wrote itself.</summary>
    /// <returns>False when it has none: it is just ending.</returns>
    private bool EditHosts(string id, Action<HostsFile> change)
    {
        string path = paths.Hosts(id);
        byte[]? content = InPlaceFile.Read(path);
        if (content is null)
        {
            return false;
        }

        HostsFile file = HostsFile.Parse(content);
        change(file);
        InPlaceFile.Write(path, file.ToBytes());
        return true;
    }

    /// <summary>host-gateway is the host, as this container reaches it.</summary>
    private static IPAddress Resolve(HostEntry entry, NetworkState state)
    {
        if (entry.Address != HostEntry.HostGateway)
        {
            return IPAddress.Parse(entry.Address);
        }

        string? gateway = state.Interfaces.Select(one => one.Gateway).FirstOrDefault(address => address is not null);
        return gateway is null
            ? throw new EngineException(
                EngineErrorKind.InvalidOperation, "NetworkModeConflict", $"Container \"{state.ContainerName}\" has no gateway that \"{entry.Name}\" could stand for.",
                entry.Name, "Name an address, or put it on a network with a gateway.")
            : IPAddress.Parse(gateway);
    }
}
