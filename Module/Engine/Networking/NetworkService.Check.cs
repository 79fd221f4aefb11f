using System.Net;
using Containers.Engine.Linux;
using Containers.Engine.Networking.Firewall;
using Containers.Engine.Networking.Netlink;

namespace Containers.Engine.Networking;

/// <summary>What should be, beside what is.</summary>
internal sealed partial class NetworkService
{
    internal IReadOnlyList<ContainerFirewallRule> GetRules()
    {
        using RtnetlinkSocket host = RtnetlinkSocket.Open();
        return Settings.IPTables ? [.. Firewall.Firewall.Rules(Describe(_store.States(), host)).Select(rule => rule.ToPublic())] : [];
    }

    internal List<ContainerNetworkProblem> Check()
    {
        using RtnetlinkSocket host = RtnetlinkSocket.Open();
        IReadOnlyList<NetworkState> states = _store.States();
        List<ContainerNetworkProblem> problems = [];
        List<LinkInfo> links = host.GetLinks();
        foreach (NetworkRecord network in InUse(states, host, problems))
        {
            CheckBridge(network, links, host, problems);
        }

        foreach (NetworkState state in states)
        {
            foreach (InterfaceState one in state.Interfaces.Where(one => one.HostInterface.Length > 0))
            {
                CheckAdapter(state, one, links, problems);
            }
        }

        if (states.Count > 0 && Settings.IPForward && KernelSetting.Read("ipv4/ip_forward") == "0")
        {
            problems.Add(new("ForwardingOff", "net.ipv4.ip_forward", "The host does not forward packets: containers reach nothing beyond it.", true));
        }

        if (Settings.IPTables && (states.Count > 0 || File.Exists(paths.RulesMark)))
        {
            problems.AddRange(Rules.Check(Describe(states, host), CancellationToken.None).Select(Describe));
        }

        return problems;
    }

    /// <summary>Puts right what can be: forwarding, bridges, ports of bridges, rules.</summary>
    internal List<ContainerNetworkProblem> Repair(IList<string> warnings)
    {
        using FileLock turn = Lock();
        using RtnetlinkSocket host = RtnetlinkSocket.Open();
        List<ContainerNetworkProblem> before = Check();
        if (before.Count == 0)
        {
            return [];
        }

        IReadOnlyList<NetworkState> states = _store.States();
        foreach (NetworkRecord network in InUse(states, host, []))
        {
            if (network.Driver == NetworkDriver.Bridge && (network.OwnsBridge || host.FindLink(network.BridgeName) is not null))
            {
                BridgeInterface.Ensure(host, network);
                EnableForwarding(network, warnings);
            }
        }

        foreach (NetworkState state in states)
        {
            foreach (InterfaceState one in state.Interfaces.Where(one => one.HostInterface.Length > 0))
            {
                Plug(host, one, publishes: one == state.Primary && state.Ports.Count > 0);
            }
        }

        RebuildRules([.. states]);
        List<ContainerNetworkProblem> after = Check();
        foreach (ContainerNetworkProblem problem in after)
        {
            warnings.Add(problem.Message);
        }

        return [.. before.Where(problem => !after.Contains(problem))];
    }

    private List<NetworkRecord> InUse(IReadOnlyList<NetworkState> states, RtnetlinkSocket host, List<ContainerNetworkProblem> problems)
    {
        List<NetworkRecord> records = [.. _store.List().Where(record => record.OwnsBridge)];
        foreach (InterfaceState one in states.SelectMany(state => state.Interfaces).Where(one => one.NetworkId.Length > 0).DistinctBy(one => one.NetworkId))
        {
            if (records.Any(record => record.Id == one.NetworkId))
            {
                continue;
            }

            if (TryFind(one, host) is { } record)
            {
                // A bridge that was deleted could now be given other addresses than its containers have.
                records.Add(one.NetworkId == NetworkRecord.DefaultId ? Keep(record, one) : record);
            }
            else
            {
                problems.Add(new("BridgeMissing", one.Bridge, $"The bridge \"{one.Bridge}\" of network \"{one.Network}\" is gone, and the module did not make it.", false));
            }
        }

        return records;
    }

    /// <summary>The default network as its running containers know it.</summary>
    private static NetworkRecord Keep(NetworkRecord record, InterfaceState one)
    {
        if (!record.OwnsBridge || one.IPv4Address is not { } address || record.IPv4?.Network.Contains(address.Address) != false || one.Gateway is null)
        {
            return record;
        }

        return record with
        {
            IPv4 = new SubnetRecord { Subnet = address.Network.ToString(), BridgeAddress = $"{one.Gateway}/{address.PrefixLength}", Gateway = one.Gateway },
        };
    }

    private static void CheckBridge(NetworkRecord network, List<LinkInfo> links, RtnetlinkSocket host, List<ContainerNetworkProblem> problems)
    {
        if (network.Driver != NetworkDriver.Bridge)
        {
            return;
        }

        string name = network.BridgeName;
        LinkInfo? link = links.Find(one => one.Name == name);
        if (link is null)
        {
            problems.Add(new("BridgeMissing", name, $"The bridge \"{name}\" of network \"{network.Name}\" is gone.", network.OwnsBridge));
            return;
        }

        if (!link.IsUp)
        {
            problems.Add(new("BridgeDown", name, $"The bridge \"{name}\" is down.", true));
        }

        List<AddressInfo> addresses = host.GetAddresses(link.Index);
        foreach (InterfaceAddress address in network.Subnets.Select(subnet => subnet.BridgeInterfaceAddress).OfType<InterfaceAddress>())
        {
            if (!addresses.Any(one => one.Address == address))
            {
                problems.Add(new("AddressMissing", name, $"The bridge \"{name}\" has lost its address {address}.", network.OwnsBridge));
            }
        }

        foreach (IPNetwork subnet in network.Subnets.Select(one => one.Network))
        {
            if (host.GetRoutes().Find(route => route.Destination == subnet && route.Index != link.Index) is { } other)
            {
                string where = links.Find(one => one.Index == other.Index)?.Name ?? "another interface";
                problems.Add(new("RouteConflict", name, $"The host sends {subnet} to {where}, not to bridge \"{name}\".", false));
            }
        }
    }

    private static void CheckAdapter(NetworkState state, InterfaceState one, List<LinkInfo> links, List<ContainerNetworkProblem> problems)
    {
        LinkInfo? port = links.Find(link => link.Name == one.HostInterface);
        if (port is null)
        {
            problems.Add(new(
                "AdapterMissing", state.ContainerName, $"The interface \"{one.Name}\" of container \"{state.ContainerName}\" is gone: restart the container.", false));
        }
        else if (links.Find(link => link.Name == one.Bridge)?.Index != port.Master)
        {
            problems.Add(new(
                "AdapterUnplugged", state.ContainerName,
                $"The interface \"{one.Name}\" of container \"{state.ContainerName}\" is not in bridge \"{one.Bridge}\".", true));
        }
        else if (!port.IsUp)
        {
            problems.Add(new(
                "AdapterUnplugged", state.ContainerName, $"The host's end \"{port.Name}\" of container \"{state.ContainerName}\" is down.", true));
        }
    }

    /// <summary>The host's end of an interface into its bridge, and up.</summary>
    private static void Plug(RtnetlinkSocket host, InterfaceState one, bool publishes)
    {
        if (host.FindLink(one.HostInterface) is not { } port || host.FindLink(one.Bridge) is not { } bridge)
        {
            return;
        }

        if (port.Master != bridge.Index)
        {
            host.Execute(LinkMessages.SetMaster(port.Index, bridge.Index));
            host.Execute(LinkMessages.SetBridgePort(one.HostInterface, isolated: one.Isolated));
            if (publishes)
            {
                InterfaceBuilder.LetBack(host, one);
            }
        }

        if (!port.IsUp)
        {
            host.Execute(LinkMessages.SetUp(port.Index));
        }
    }

    private static ContainerNetworkProblem Describe(FirewallFinding finding) => new(
        finding.Kind switch
        {
            FirewallDrift.MissingRule or FirewallDrift.MissingJump => "RuleMissing",
            FirewallDrift.ForeignRule or FirewallDrift.DuplicateRule => "RuleForeign",
            FirewallDrift.WrongOrder => "RuleOrder",
            _ => "ChainShadowed",
        },
        $"{finding.Family} {finding.Table} {finding.Chain}: {finding.Rule}", finding.Message, true);
}
