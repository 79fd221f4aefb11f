namespace Containers.Engine.Networking;

/// <summary>Where the networks' files lie. What is below the run root is true for this boot only.</summary>
internal sealed class NetworkPaths(string dataRoot, string runRoot)
{
    /// <summary>One file for each network that somebody made.</summary>
    internal string Networks { get; } = dataRoot + "/networks";

    internal string Run { get; } = runRoot + "/network";

    /// <summary>Held by whoever changes addresses, ports, names or rules, for some milliseconds.</summary>
    internal string Lock { get; } = runRoot + "/network/lock";

    internal string States { get; } = runRoot + "/network/containers";

    internal string Ports { get; } = runRoot + "/network/ports";

    /// <summary>A file for each interface of the host that is about to be deleted.</summary>
    internal string Ends { get; } = runRoot + "/network/ends";

    internal string Peers { get; } = runRoot + "/network/peers";

    /// <summary>There are rules of ours in the kernel, or there may be.</summary>
    internal string RulesMark { get; } = runRoot + "/network/rules";

    internal string Network(string name) => Networks + "/" + name.ToLowerInvariant() + ".json";

    internal string State(string id) => States + "/" + id + ".json";

    /// <summary>What takes a container's rules away, for its monitor.</summary>
    internal string Undo(string id, bool ipv6) => States + "/" + id + (ipv6 ? ".undo6" : ".undo4");

    internal string AllAddresses => Run + "/addresses";

    internal string Addresses(string networkId) => AllAddresses + "/" + networkId;

    internal string Names(string networkId) => Run + "/names/" + networkId;

    /// <summary>The container's /etc/hosts.</summary>
    internal string Hosts(string id) => runRoot + "/containers/" + id + "/hosts";
}
