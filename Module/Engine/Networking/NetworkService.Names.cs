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

    /// <summary>A running container has another name from now on.</summary>
    internal void Rename(string id, string name)
    {
        using FileLock? turn = File.Exists(paths.State(id)) ? Lock() : null;
        if (turn is null || _store.State(id) is not { } state)
        {
            return;
        }

        Retract(state);
        NetworkState renamed = state with { ContainerName = name };
        _store.Write(renamed);
        Announce(renamed);
    }

    /// <summary>The container's own file, at its start.</summary>
    private void WriteHosts(NetworkState state, NetworkRequest request)
    {
        List<HostsLine> lines = [.. state.Links.Select(link => new HostsLine(IPAddress.Parse(link.TargetAddress), [link.Alias]))];
        lines.AddRange(request.Spec.HostEntries.Select(entry => new HostsLine(Resolve(entry, state), [entry.Name])));
        lines.AddRange(Neighbours(state).SelectMany(one => one.Lines).Select(line => new HostsLine(line.Address, line.Names)));
        InterfaceState? first = state.Primary ?? state.Interfaces.FirstOrDefault(one => one.IPv4 is not null);
        List<IPAddress> own = [.. new[] { first?.IPv4Address, first?.IPv6Address }.OfType<InterfaceAddress>().Select(address => address.Address)];
        if (own.Count == 0)
        {
            own.Add(new IPAddress([127, 0, 1, 1])); // As in 1.2, for a container without an address.
        }

        Files.Write(paths.Hosts(state.ContainerId), HostsFile.Build(own, request.HostName, null, lines), 0x1A4); // 0644
    }

    /// <summary>Tells the neighbours.</summary>
    private void Announce(NetworkState state) => ForNeighbours(state, Add);

    /// <summary>Takes the lines out again.</summary>
    private void Retract(NetworkState state) => ForNeighbours(state, Remove);

    private static byte[] Add(byte[] file, IEnumerable<NamedAddress> lines) =>
        lines.Aggregate(file, (content, line) => HostsFile.Add(content, line.Address, line.Names));

    private static byte[] Remove(byte[] file, IEnumerable<NamedAddress> lines) =>
        lines.Aggregate(file, (content, line) => HostsFile.Remove(content, new HostsLine(line.Address, line.Names)));

    private void ForNeighbours(NetworkState state, Func<byte[], IEnumerable<NamedAddress>, byte[]> change)
    {
        List<NamedAddress> own = [.. Lines(state)];
        if (own.Count == 0)
        {
            return;
        }

        foreach ((NetworkState other, List<NamedAddress> theirs) in Neighbours(state))
        {
            EditHosts(other.ContainerId, file => change(file, own.Where(line => theirs.Any(one => one.NetworkId == line.NetworkId))));
        }
    }

    /// <summary>Changes a running container's file in place, leaving alone what the container wrote itself.</summary>
    /// <returns>False when it has none: it is just ending.</returns>
    private bool EditHosts(string id, Func<byte[], byte[]> change)
    {
        try
        {
            InPlaceFile.Update(paths.Hosts(id), change);
            return true;
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            return false; // It has ended.
        }
        catch (EngineException e) when (e.ErrorId == "FileTooLarge")
        {
            return false; // A container that fills its own file has no names for it; its neighbours have theirs.
        }
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
