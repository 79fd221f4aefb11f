using System.Net;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;
using Containers.Engine.Networking.Allocation;
using Containers.Engine.Networking.Firewall;
using Containers.Engine.Networking.Netlink;

namespace Containers.Engine.Networking;

/// <summary>The firewall follows from what is written down.</summary>
internal sealed partial class NetworkService
{
    private (string Backend, Iptables Programs)? _programs;

    private Firewall.Firewall Rules => new(Programs);

    /// <summary>Looked for once a session and backend.</summary>
    private Iptables Programs
    {
        get
        {
            string backend = Settings.FirewallBackend;
            (string Backend, Iptables Programs) known = _programs is { } one && one.Backend == backend ? one : (backend, new Iptables(backend));
            _programs = known;
            return known.Programs;
        }
    }

    /// <summary>What should be in force for these containers.</summary>
    private FirewallState Describe(IReadOnlyCollection<NetworkState> states, RtnetlinkSocket host)
    {
        Dictionary<string, FirewallNetwork> networks = [];
        foreach (InterfaceState one in states.SelectMany(state => state.Interfaces))
        {
            if (one.NetworkId.Length > 0 && one.Kind == AdapterKind.Bridge && !networks.ContainsKey(one.NetworkId)
                && TryFind(one, host) is { } record)
            {
                networks[one.NetworkId] = Describe(record);
            }
        }

        return new FirewallState
        {
            Prefix = Settings.ChainPrefix,
            Networks = [.. networks.Values.OrderBy(network => network.Bridge, StringComparer.Ordinal)],
            Endpoints = [.. states.Where(state => state.Primary is not null).Select(Describe)],
            Links = [.. states.SelectMany(Links)],
        };
    }

    /// <returns>Null when somebody deleted the network under a running container.</returns>
    private NetworkRecord? TryFind(InterfaceState one, RtnetlinkSocket host)
    {
        try
        {
            return Find(one.NetworkId, host);
        }
        catch (EngineException e) when (e.Kind == EngineErrorKind.ObjectNotFound)
        {
            return null;
        }
    }

    private static FirewallNetwork Describe(NetworkRecord record) => new()
    {
        Name = record.Name,
        Id = record.Id,
        Bridge = record.BridgeName,
        IPv4 = record.IPv4?.Network,
        IPv6 = record.IPv6?.Network,
        InterContainer = record.InterContainerCommunication,
        Internal = record.Internal,
        Masquerade = record.Masquerade && record.GatewayMode == GatewayMode.Nat,
        Routed = record.GatewayMode == GatewayMode.Routed,
    };

    private static FirewallEndpoint Describe(NetworkState state)
    {
        InterfaceState primary = state.Primary!;
        return new FirewallEndpoint
        {
            Container = state.ContainerId,
            ContainerName = state.ContainerName,
            Bridge = primary.Bridge,
            IPv4 = primary.IPv4Address?.Address,
            IPv6 = primary.IPv6Address?.Address,
            Ports = [.. state.Ports.Select(port => new FirewallPort(
                IPAddress.Parse(port.HostAddress), port.HostPort, port.ContainerPort, port.Protocol))],
        };
    }

    private static IEnumerable<FirewallLink> Links(NetworkState state) =>
        from link in state.Links
        from port in link.Ports
        let parsed = PortPublicationParser.ParsePort(port)
        select new FirewallLink
        {
            Container = state.ContainerId,
            Bridge = link.Bridge,
            Source = IPAddress.Parse(link.SourceAddress),
            Target = IPAddress.Parse(link.TargetAddress),
            Port = parsed.Number,
            Protocol = parsed.Protocol,
        };

    /// <summary>
    /// Begins to bring one container's rules into force, and those of its networks where it is the first on them. The programs work while
    /// the caller makes interfaces.
    /// </summary>
    /// <returns>To be finished; null when there is nothing to do.</returns>
    private FirewallChange? BeginRules(NetworkState state, RtnetlinkSocket host)
    {
        if (!Settings.IPTables || !state.Interfaces.Any(one => one.NetworkId.Length > 0 && one.Kind == AdapterKind.Bridge))
        {
            return null;
        }

        IReadOnlyList<NetworkState> states = _store.States();
        FirewallState full = Describe(states, host);
        HashSet<string> known = [.. states.Where(one => one.ContainerId != state.ContainerId).SelectMany(one => one.Interfaces).Select(one => one.NetworkId)];
        bool fresh = !File.Exists(paths.RulesMark);
        bool first = !state.Interfaces.Where(one => one.NetworkId.Length > 0).All(one => known.Contains(one.NetworkId) || one.Kind != AdapterKind.Bridge);
        WriteUndo(full, state);
        if (fresh)
        {
            File.WriteAllBytes(paths.RulesMark, []);
            return Rules.StartInstall(full);
        }

        // Of a network without other containers the rules may still stand, if one has just ended: then nothing has to be built.
        bool alone = known.Count == 0;
        return Rules.StartApply(full, first && !alone ? null : state.ContainerId);
    }

    /// <summary>After the rules that guard it are in force.</summary>
    private static void LetLoopbackThrough(FirewallState full)
    {
        foreach (FirewallNetwork network in full.Networks.Where(network => network.IPv4 is not null))
        {
            BridgeInterface.LetLoopbackThrough(network.Bridge, guarded: true);
        }
    }

    /// <summary>What the container's monitor runs when no session is there at the end. Written before the rules are.</summary>
    private void WriteUndo(FirewallState full, NetworkState state)
    {
        foreach (bool ipv6 in new[] { false, true })
        {
            FirewallFamily family = ipv6 ? FirewallFamily.IPv6 : FirewallFamily.IPv4;
            IReadOnlyList<FirewallRule> rules = FirewallCompiler.CompileContainer(full, state.ContainerId, family);
            string path = paths.Undo(state.ContainerId, ipv6);
            if (rules.Count > 0)
            {
                Files.Write(path + ".tmp", System.Text.Encoding.ASCII.GetBytes(Firewall.Firewall.UndoScript(rules, family)), 0x180); // 0600
                Files.Rename(path + ".tmp", path);
            }
            else
            {
                File.Delete(path);
            }
        }
    }

    internal string LockFile => paths.Lock;

    /// <summary>For the plan: what runs at the end when no session is there. Ports can be published later, so the files may not be there yet.</summary>
    internal IReadOnlyList<PlanUndo> UndoPlans(string id) => !Settings.IPTables ? [] :
    [
        .. new[] { FirewallFamily.IPv4, FirewallFamily.IPv6 }
            .Select(family => (Program: Programs.FindRestore(family), Script: paths.Undo(id, family == FirewallFamily.IPv6)))
            .Where(one => one.Program is not null)
            .Select(one => new PlanUndo(one.Program!, Iptables.RestoreArguments, one.Script)),
    ];

    private void RemoveRules(NetworkState state, List<NetworkState> rest, bool starting)
    {
        if (!File.Exists(paths.RulesMark))
        {
            return;
        }

        if (rest.Count == 0 && !starting)
        {
            RemoveAllRules();
            return;
        }

        using RtnetlinkSocket host = RtnetlinkSocket.Open();
        FirewallState before = Describe([.. rest, state], host);
        FirewallState after = Describe(rest, host);
        if (rest.Count == 0)
        {
            after = after with { Networks = before.Networks };
        }

        // The monitor may have run the undo script already: the missing file says so.
        bool undone = !File.Exists(paths.Undo(state.ContainerId, false)) && !File.Exists(paths.Undo(state.ContainerId, true));
        List<FirewallRule> gone = [.. Firewall.Firewall.Difference(before, after).Where(rule => !undone || rule.Owner != state.ContainerId)];
        Rules.Remove(after, gone, CancellationToken.None);
    }

    private void RemoveAllRules()
    {
        foreach (string bridge in _store.List().Select(record => record.BridgeName).Append(Settings.BridgeName ?? NetworkSettings.DefaultBridge)
            .Where(bridge => bridge is not ("" or NetworkSettings.NoBridge)))
        {
            BridgeInterface.LetLoopbackThrough(bridge, guarded: false);
        }

        Rules.Repair(new FirewallState { Prefix = Settings.ChainPrefix }, CancellationToken.None);
        File.Delete(paths.RulesMark);
    }

    /// <summary>From one state to another: what only goes is taken out, anything else is built again.</summary>
    private void ChangeRules(FirewallState before, FirewallState after)
    {
        IReadOnlyList<FirewallRule> gone = Firewall.Firewall.Difference(before, after);
        if (Firewall.Firewall.Difference(after, before).Count > 0)
        {
            Rules.Apply(after, null, CancellationToken.None);
            LetLoopbackThrough(after);
        }
        else if (gone.Count > 0)
        {
            Rules.Remove(after, gone, CancellationToken.None);
        }
    }

    private void RebuildRules(List<NetworkState> states)
    {
        if (!Settings.IPTables)
        {
            return;
        }

        if (states.Count == 0)
        {
            RemoveAllRules();
            return;
        }

        using RtnetlinkSocket host = RtnetlinkSocket.Open();
        File.WriteAllBytes(paths.RulesMark, []);
        FirewallState full = Describe(states, host);
        foreach (NetworkState state in states)
        {
            WriteUndo(full, state);
        }

        Rules.Repair(full, CancellationToken.None);
        LetLoopbackThrough(full);
    }
}
