namespace Containers.Engine.Networking.Firewall;

/// <summary>
/// What one network adds. The forward chain is built in phases, each over all networks, so that no network's permission is seen before
/// another one's refusal.
/// </summary>
internal static class NetworkRules
{
    internal const int Phases = 7;

    /// <summary>A neighbour that routes straight to a container's address is turned away (moby#45610, CVE-2025-54388).</summary>
    internal static IEnumerable<FirewallRule> Raw(FirewallNetwork network, FirewallChains chains, FirewallFamily family)
    {
        if (network.Guarded && network.Subnet(family) is { } subnet)
        {
            string bridge = RuleText.Bridge(network.Bridge);
            yield return Rule(
                network, FirewallChains.Raw, chains.Main, $"-d {RuleText.Subnet(subnet, family)} ! -i {bridge}", "DROP", 3,
                "containers' addresses are not reached from outside", family);
        }
    }

    internal static IEnumerable<FirewallRule> Forward(FirewallNetwork network, int phase, FirewallChains chains, FirewallFamily family)
    {
        string bridge = RuleText.Bridge(network.Bridge);
        return phase switch
        {
            1 => [Here($"-o {bridge} -m conntrack --ctstate RELATED,ESTABLISHED", "ACCEPT", "answers")],
            2 when network.Internal =>
            [
                Here($"-i {bridge} ! -o {bridge}", "DROP", "an internal network has no way out"),
                Here($"! -i {bridge} -o {bridge}", "DROP", "an internal network has no way in"),
            ],
            3 => [Here($"-o {bridge}", chains.Main, "published ports and links")],
            4 => [Here($"! -i {bridge} -o {bridge}", "DROP", "what is not published is not reached from outside")],
            5 when !network.InterContainer && family == FirewallFamily.IPv6 => NeighbourDiscovery(),
            6 when network.InterContainer => [Here($"-i {bridge} -o {bridge}", "ACCEPT", "containers reach each other")],
            6 => [Here($"-i {bridge} -o {bridge}", "DROP", "containers do not reach each other")],
            7 when !network.Internal => [Here($"-i {bridge} ! -o {bridge}", "ACCEPT", "containers reach the outside")],
            _ => [],
        };

        FirewallRule Here(string match, string target, string reason) =>
            Rule(network, FirewallChains.Filter, chains.Forward, match, target, phase, reason, family);

        // What ARP, which no rule sees, is for IPv4: without it a link leads to an address nobody can find (RFC 4861, 4.3 and 4.4).
        FirewallRule[] NeighbourDiscovery() =>
        [
            Here($"-i {bridge} -o {bridge} -p ipv6-icmp -m icmp6 --icmpv6-type 135", "ACCEPT", "neighbour discovery"),
            Here($"-i {bridge} -o {bridge} -p ipv6-icmp -m icmp6 --icmpv6-type 136", "ACCEPT", "neighbour discovery"),
        ];
    }

    internal static IEnumerable<FirewallRule> PostRouting(FirewallNetwork network, FirewallChains chains, FirewallFamily family)
    {
        if (network.Subnet(family) is not { } subnet)
        {
            yield break;
        }

        string bridge = RuleText.Bridge(network.Bridge);
        string source = RuleText.Subnet(subnet, family);
        if (network is { Masquerade: true, Routed: false, Internal: false })
        {
            yield return Here($"-s {source} ! -o {bridge}", "containers go out under the host's address");
        }

        // A container cannot answer 127.0.0.1, and would answer a neighbour on its bridge directly, past the translation.
        if (family == FirewallFamily.IPv4)
        {
            yield return Here($"-s 127.0.0.0/8 -o {bridge}", "published ports, from the host's loopback");
        }

        yield return Here($"-s {source} -o {bridge} -m conntrack --ctstate DNAT", "published ports, from the same network");

        FirewallRule Here(string match, string reason) =>
            Rule(network, FirewallChains.Nat, chains.PostRouting, match, "MASQUERADE", 1, reason, family);
    }

    private static FirewallRule Rule(
        FirewallNetwork network, string table, string chain, string match, string target, int phase, string reason,
            FirewallFamily family) =>
        new(family, table, chain, $"{match}{RuleText.Comment(network.Id)} -j {target}")
        {
            Owner = network.Id, OwnerName = network.Name, Reason = reason, Phase = phase,
        };
}
