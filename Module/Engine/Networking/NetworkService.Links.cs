using System.Net;
using Containers.Engine.Linux;
using Containers.Engine.Networking.Firewall;
using Containers.Engine.Networking.Netlink;

namespace Containers.Engine.Networking;

/// <summary>Links: a name in the recipient's /etc/hosts, and the way to the target's exposed ports where containers are kept apart.</summary>
internal sealed partial class NetworkService
{
    private LinkState PlanLink(NetworkState state, LinkTarget link)
    {
        NetworkState? target = isActive(link.Id) ? _store.State(link.Id) : null;
        if (target is null)
        {
            throw new EngineException(
                EngineErrorKind.InvalidOperation, "ContainerNotRunning", $"Container \"{state.ContainerName}\" links to container \"{link.Name}\", which is not running.",
                link.Name, $"Run: Start-Container {link.Name}");
        }

        foreach (InterfaceState mine in state.Interfaces.Where(one => one.NetworkId.Length > 0 && one.IPv4 is not null))
        {
            InterfaceState? theirs = target.Interfaces.FirstOrDefault(one => one.NetworkId == mine.NetworkId && one.IPv4 is not null);
            if (theirs is not null)
            {
                return new LinkState(
                    link.Id, link.Name, link.Alias, theirs.IPv4Address!.Address.ToString(), mine.IPv4Address!.Address.ToString(), mine.Bridge,
                    [.. link.Ports.Select(port => port.ToString())]);
            }
        }

        throw new EngineException(
            EngineErrorKind.InvalidOperation, "NoCommonNetwork", $"Containers \"{state.ContainerName}\" and \"{link.Name}\" are on no common network.", link.Name,
            "Connect one of them to a network of the other: Connect-ContainerNetwork");
    }

    /// <summary>Those that link to a container which has just got another address learn it: names and rules.</summary>
    private void FollowLinks(NetworkState target, RtnetlinkSocket host)
    {
        foreach (NetworkState source in _store.States())
        {
            List<LinkState> links = [.. source.Links.Select(link => link.TargetId == target.ContainerId ? Moved(source, link, target) : link)];
            if (!links.SequenceEqual(source.Links))
            {
                ReplaceLinks(source, links, host);
            }
        }
    }

    private static LinkState Moved(NetworkState source, LinkState link, NetworkState target)
    {
        InterfaceState? mine = source.Interfaces.FirstOrDefault(one => one.IPv4Address?.Address.ToString() == link.SourceAddress);
        InterfaceState? theirs = target.Interfaces.FirstOrDefault(one => one.NetworkId.Length > 0 && one.NetworkId == mine?.NetworkId && one.IPv4 is not null);
        return theirs is null ? link : link with { TargetAddress = theirs.IPv4Address!.Address.ToString(), TargetName = target.ContainerName };
    }

    /// <summary>Other links than before: the file, the record, the rules.</summary>
    private NetworkState ReplaceLinks(NetworkState state, IReadOnlyList<LinkState> links, RtnetlinkSocket host)
    {
        EditHosts(
            state.ContainerId, file => Add(Remove(file, state.Links.Except(links).Select(Line)), links.Except(state.Links).Select(Line)));
        return Replace(state, state with { Links = links }, host);
    }

    /// <summary>Another state of a running container: written down, then the rules that differ.</summary>
    private NetworkState Replace(NetworkState before, NetworkState after, RtnetlinkSocket host)
    {
        _store.Write(after);
        if (!Settings.IPTables)
        {
            return after;
        }

        List<NetworkState> others = [.. _store.States().Where(one => one.ContainerId != after.ContainerId)];
        FirewallState old = Describe([.. others, before], host);
        FirewallState full = Describe([.. others, after], host);
        File.WriteAllBytes(paths.RulesMark, []);
        WriteUndo(full, after);
        ChangeRules(old, full);
        return after;
    }

    private static NamedAddress Line(LinkState link) => new("", IPAddress.Parse(link.TargetAddress), [link.Alias]);

    /// <returns>What the running container has, after the change; null when it has no networks of its own.</returns>
    private NetworkState? Running(string id) => isActive(id) ? _store.State(id) : null;

    internal void AddLink(string id, LinkTarget target)
    {
        using FileLock turn = Lock();
        if (Running(id) is { } state)
        {
            using RtnetlinkSocket host = RtnetlinkSocket.Open();
            ReplaceLinks(state, [.. state.Links, PlanLink(state, target)], host);
        }
    }

    internal void RemoveLink(string id, string alias)
    {
        using FileLock turn = Lock();
        if (Running(id) is { } state)
        {
            using RtnetlinkSocket host = RtnetlinkSocket.Open();
            ReplaceLinks(state, [.. state.Links.Where(link => !link.Alias.Equals(alias, StringComparison.OrdinalIgnoreCase))], host);
        }
    }
}
