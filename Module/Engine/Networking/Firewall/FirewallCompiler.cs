using System.Net;

namespace Containers.Engine.Networking.Firewall;

/// <summary>
/// The firewall as a pure function of state. Every other operation is set arithmetic on the list that comes out: what a container adds,
/// what its end takes away, what a flush has destroyed, what does not belong there.
/// </summary>
internal static class FirewallCompiler
{
    /// <returns>The rules in the order they stand in; none when no network has the family.</returns>
    /// <exception cref="EngineException">ChainPrefixInvalid, FirewallValueInvalid.</exception>
    internal static IReadOnlyList<FirewallRule> Compile(FirewallState state, FirewallFamily family)
    {
        FirewallChains chains = new(state.Prefix);
        FirewallNetwork[] networks = [.. state.Networks.Where(n => n.Subnet(family) is not null)];
        if (networks.Length == 0)
        {
            return [];
        }

        List<FirewallRule> rules = [.. SharedRules.Raw(chains, family)];
        rules.AddRange(networks.SelectMany(n => NetworkRules.Raw(n, chains, family)));
        rules.AddRange(SharedRules.Filter(chains, family));
        for (int phase = 1; phase <= NetworkRules.Phases; phase++)
        {
            rules.AddRange(networks.SelectMany(n => NetworkRules.Forward(n, phase, chains, family)));
        }

        rules.AddRange(ContainerRules(state, FirewallChains.Filter, null, chains, family));
        rules.AddRange(SharedRules.Nat(chains, family));
        rules.AddRange(ContainerRules(state, FirewallChains.Nat, null, chains, family));
        rules.AddRange(networks.SelectMany(n => NetworkRules.PostRouting(n, chains, family)));
        return [.. rules.Distinct()];
    }

    /// <summary>The rules one container owns, in the order of <see cref="Compile"/>.</summary>
    internal static IReadOnlyList<FirewallRule> CompileContainer(FirewallState state, string containerId, FirewallFamily family)
    {
        FirewallChains chains = new(state.Prefix);
        return
        [
            .. ContainerRules(state, FirewallChains.Filter, containerId, chains, family)
                .Concat(ContainerRules(state, FirewallChains.Nat, containerId, chains, family)).Distinct(),
        ];
    }

    /// <summary>
    /// What must already stand before a container's own rules mean anything: all that is shared, and its networks' rules.
    /// </summary>
    internal static IReadOnlyList<FirewallRule> CompileBase(FirewallState state, string containerId, FirewallFamily family)
    {
        HashSet<string> bridges =
        [
            .. state.Endpoints.Where(e => e.Container == containerId).Select(e => e.Bridge),
            .. state.Links.Where(l => l.Container == containerId).Select(l => l.Bridge),
        ];
        return Compile(
            state with { Networks = [.. state.Networks.Where(n => bridges.Contains(n.Bridge))], Endpoints = [], Links = [] }, family);
    }

    private static IEnumerable<FirewallRule> ContainerRules(
        FirewallState state, string table, string? containerId, FirewallChains chains, FirewallFamily family)
    {
        Dictionary<string, FirewallNetwork> networks = [];
        foreach (FirewallNetwork network in state.Networks.Where(n => n.Subnet(family) is not null))
        {
            networks[network.Bridge] = network;
        }

        foreach (FirewallEndpoint endpoint in state.Endpoints.Where(e => containerId is null || e.Container == containerId))
        {
            if (endpoint.Address(family) is not IPAddress address || !networks.TryGetValue(endpoint.Bridge, out FirewallNetwork? network))
            {
                continue;
            }

            foreach (FirewallPort port in endpoint.Ports.Where(p => PortRules.Concerns(p, family)))
            {
                foreach (FirewallRule rule in table == FirewallChains.Nat
                    ? PortRules.Nat(endpoint, address, port, chains, family)
                    : PortRules.Filter(endpoint, address, port, network, chains, family))
                {
                    yield return rule;
                }
            }
        }

        if (table != FirewallChains.Filter)
        {
            yield break;
        }

        foreach (FirewallLink link in state.Links.Where(l => containerId is null || l.Container == containerId))
        {
            if (RuleText.FamilyOf(link.Target) == family && networks.ContainsKey(link.Bridge))
            {
                string? name = state.Endpoints.FirstOrDefault(e => e.Container == link.Container)?.ContainerName;
                foreach (FirewallRule rule in PortRules.Link(link, name, chains, family))
                {
                    yield return rule;
                }
            }
        }
    }
}
