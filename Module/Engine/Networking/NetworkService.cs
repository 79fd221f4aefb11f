using Containers.Engine.Launch;
using Containers.Engine.Linux;
using Containers.Engine.Networking.Netlink;

namespace Containers.Engine.Networking;

/// <summary>
/// The networks of running containers. What a container is to have is written down first (<see cref="NetworkState"/>), then made; the
/// firewall and the names others know follow from what is written down. One lock for all of it, held for some milliseconds.
/// </summary>
/// <param name="paths">Where its files lie.</param>
/// <param name="store">The files themselves.</param>
/// <param name="settings">The host's settings, as they are now.</param>
/// <param name="isActive">Whether a container runs, or is being started: what others have is left over.</param>
internal sealed partial class NetworkService(NetworkPaths paths, NetworkStore store, Func<NetworkSettings> settings, Func<string, bool> isActive)
{
    private readonly NetworkStore _store = store;

    internal NetworkStore Store => _store;

    internal NetworkSettings Settings => settings();

    /// <exception cref="EngineException">NetworkBusy.</exception>
    private FileLock Lock(CancellationToken cancellation = default)
    {
        _store.Prepare();
        return FileLock.TryTake(paths.Lock, TimeSpan.FromSeconds(60), cancellation)
            ?? throw new EngineException(
                EngineErrorKind.OperationTimeout, "NetworkBusy", "Another session has been changing the networks for a minute.", paths.Lock,
                "Wait for it, or end that session.");
    }

    /// <summary>The network a name stands for.</summary>
    /// <param name="name">A name, an id, or bridge.</param>
    /// <param name="host">Socket in the engine's network namespace.</param>
    internal NetworkRecord Find(string name, RtnetlinkSocket host)
    {
        if (name.Equals(NetworkSpec.Bridge, StringComparison.OrdinalIgnoreCase) || name == NetworkRecord.DefaultId)
        {
            return DefaultNetwork.Describe(Settings, _store, host) ?? throw Off();
        }

        NetworkRecord record = _store.Find(name) ?? throw NetworkStore.NotFound(name);
        return record.BridgeName.Length > 0 && record.BridgeName == Settings.BridgeName
            ? DefaultNetwork.Describe(Settings, _store, host)!
            : record;
    }

    internal static EngineException Off() => new(
        EngineErrorKind.InvalidOperation, "NetworkingOff", "Networking is switched off on this host: its bridge is \"none\".", NetworkSettings.NoBridge,
        "Use -Network none or host, or run: Set-ContainerHost -BridgeName $null");

    /// <summary>MTU of a network's interfaces: its own, the host's setting, that of the default route, 1500.</summary>
    private int Mtu(NetworkRecord network, RtnetlinkSocket host)
    {
        if ((network.Mtu ?? Settings.Mtu) is { } set)
        {
            return set;
        }

        if (network.Driver != NetworkDriver.Bridge)
        {
            return host.FindLink(network.Parent)?.Mtu ?? 1500;
        }

        RouteInfo? route = host.GetRoutes().FirstOrDefault(one => one.Destination is null or { PrefixLength: 0 } && one.Gateway is not null);
        return route is null ? 1500 : host.FindLink(route.Index)?.Mtu ?? 1500;
    }

    /// <summary>Gives back what containers have that do not run any more: their monitor, or their session, was killed.</summary>
    /// <param name="starting">Somebody is about to start: the rules that belong to all can stay.</param>
    internal void Sweep(bool starting)
    {
        SweepEnds();
        IReadOnlyList<string> ids = _store.StateIds();
        List<string> dead = [.. ids.Where(id => !isActive(id))];
        bool last = !starting && dead.Count == ids.Count && File.Exists(paths.RulesMark);
        List<PeerLinkState> loose = [.. PeerLinks().Where(IsLoose)];
        if (dead.Count == 0 && !last && loose.Count == 0)
        {
            return;
        }

        using FileLock turn = Lock();
        foreach (string id in dead.Where(id => !isActive(id)))
        {
            ReleaseLocked(id, starting);
        }

        foreach (PeerLinkState link in loose)
        {
            DeletePeerLink(link);
        }

        if (last && _store.StateIds().Count == 0)
        {
            RemoveAllRules();
        }
    }
}
