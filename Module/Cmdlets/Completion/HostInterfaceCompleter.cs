using System.Collections;
using System.Net.NetworkInformation;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Interfaces of this host's network namespace; loopback is no parent for anything.</summary>
public sealed class HostInterfaceCompleter : Completer
{
    // Not /sys/class/net: that is of the namespace in which /sys was mounted.
    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound) => NetworkInterface.GetAllNetworkInterfaces()
        .Where(each => each.NetworkInterfaceType != NetworkInterfaceType.Loopback)
        .OrderBy(each => each.Name, StringComparer.Ordinal)
        .Select(each => new Candidate(each.Name, $"{each.NetworkInterfaceType}, {each.OperationalStatus}"));
}

/// <summary>Bridges of this host, the engine's or not.</summary>
public class BridgeNameCompleter : Completer
{
    private protected virtual bool Fits(ContainerBridge bridge) => true;

    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound) => EngineAccess.Current.ListBridges()
        .Where(Fits).Select(bridge => new Candidate(bridge.Name, $"{bridge.State}, {NetworkDisplay.Join(bridge.Addresses)}"));
}

/// <summary>Bridges that the engine made.</summary>
public sealed class OwnBridgeCompleter : BridgeNameCompleter
{
    private protected override bool Fits(ContainerBridge bridge) => bridge.Managed;
}

/// <summary>Bridges, and the word that turns networking off.</summary>
public sealed class BridgeOrNoneCompleter : BridgeNameCompleter
{
    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound) =>
        base.Candidates(word, bound).Append(new Candidate("none", "no networks at all"));
}

public sealed class FirewallBackendCompleter : Completer
{
    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound) =>
        [new("auto", "what this host's iptables is"), new("nft", "iptables-nft"), new("legacy", "iptables-legacy")];
}

/// <summary>Tables and chains that the engine has rules in.</summary>
public sealed class FirewallChainCompleter : Completer
{
    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound) => EngineAccess.Current.GetFirewallRules()
        .Select(rule => new Candidate(rule.Chain, "table " + rule.Table)).DistinctBy(candidate => candidate.Text);
}

public sealed class FirewallTableCompleter : Completer
{
    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound) =>
        EngineAccess.Current.GetFirewallRules().Select(rule => rule.Table).Distinct().Select(table => new Candidate(table, ""));
}
