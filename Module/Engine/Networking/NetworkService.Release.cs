using Containers.Engine.Linux;
using Containers.Engine.Networking.Allocation;
using Containers.Engine.Networking.Netlink;

namespace Containers.Engine.Networking;

/// <summary>The end: everything of a container goes. Its interfaces go by themselves, with the namespace that its monitor held.</summary>
internal sealed partial class NetworkService
{
    /// <summary>Gives back what a container has. Idempotent; nothing to give back costs a look at a file.</summary>
    /// <param name="id">The container; it does not run.</param>
    /// <param name="starting">Another start follows: the rules that belong to all stay.</param>
    internal void Release(string id, bool starting = false)
    {
        if (!File.Exists(paths.State(id)))
        {
            return;
        }

        using FileLock turn = Lock();
        ReleaseLocked(id, starting);
    }

    private void ReleaseLocked(string id, bool starting)
    {
        NetworkState? state = _store.State(id);
        List<NetworkState> rest = [.. _store.States().Where(one => one.ContainerId != id)];
        if (state is null)
        {
            // Damaged: what was written is unknown, so the firewall is made anew from what the others have.
            _store.DeleteState(id);
            RebuildRules(rest);
            return;
        }

        Retract(state);
        RemovePeerLinks(id);
        RemoveRules(state, rest, starting);
        RemoveProxies(state);
        ReleaseAddresses(id);
        new PortLeases(paths.Ports, isActive, NameOf).Release(id);
        DeleteEnds(state);
        _store.DeleteState(id);
    }

    /// <summary>Of every network: a session that was killed may have taken one, or left a network, without writing it down.</summary>
    private void ReleaseAddresses(string id)
    {
        if (!Directory.Exists(paths.AllAddresses))
        {
            return;
        }

        foreach (string network in Directory.EnumerateDirectories(paths.AllAddresses))
        {
            new AddressLeases(network, isActive, NameOf).Release(id);
        }
    }

    /// <summary>On a network without ICC the host answers for the container's IPv6 address; it has to be told to stop.</summary>
    private static void RemoveProxies(NetworkState state)
    {
        List<InterfaceState> proxied = [.. state.Interfaces.Where(one => one.Isolated && one.IPv6 is not null)];
        if (proxied.Count == 0)
        {
            return;
        }

        using RtnetlinkSocket host = RtnetlinkSocket.Open();
        foreach (InterfaceState one in proxied)
        {
            RemoveProxy(host, one);
        }
    }

    private static void RemoveProxy(RtnetlinkSocket host, InterfaceState one)
    {
        if (!one.Isolated || one.IPv6Address is not { } address || host.FindLink(one.Bridge) is not { } bridge)
        {
            return;
        }

        try
        {
            host.Execute(NeighbourMessages.RemoveProxy(address.Address, bridge.Index));
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ESRCH)
        {
            // The bridge was made anew since.
        }
    }
}
