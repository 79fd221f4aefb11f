namespace Containers.Engine.Networking.Firewall;

/// <summary>The rules that no network or container owns: the jumps into our chains and the guard of the loopback addresses.</summary>
internal static class SharedRules
{
    internal static IEnumerable<FirewallRule> Raw(FirewallChains chains, FirewallFamily family)
    {
        yield return Jump(FirewallChains.Raw, "PREROUTING", "", chains.Main, 1, "packets from outside pass the guards first", family);

        // Before the guards: what the host sends to its own address on a bridge comes in from lo.
        yield return new FirewallRule(family, FirewallChains.Raw, chains.Main, "-i lo -j RETURN")
        {
            Reason = "the host's own traffic is not guarded", Phase = 1,
        };
        if (family == FirewallFamily.IPv4)
        {
            // With route_localnet, which ports published on 127.0.0.1 need, the kernel would take these from a neighbour (CVE-2020-8558,
            // moby#45610).
            yield return new FirewallRule(family, FirewallChains.Raw, chains.Main, "-d 127.0.0.0/8 -j DROP")
            {
                Reason = "loopback addresses are not reached from outside", Phase = 2,
            };
        }
    }

    internal static IEnumerable<FirewallRule> Filter(FirewallChains chains, FirewallFamily family)
    {
        yield return Jump(FirewallChains.Filter, "FORWARD", "", chains.User, 1, "the administrator's rules come first", family);
        yield return Jump(FirewallChains.Filter, "FORWARD", "", chains.Forward, 2, "packets from and to containers", family);
    }

    internal static IEnumerable<FirewallRule> Nat(FirewallChains chains, FirewallFamily family)
    {
        const string Local = "-m addrtype --dst-type LOCAL ";
        yield return Jump(FirewallChains.Nat, "PREROUTING", Local, chains.Main, 1, "published ports, from outside", family);

        // IPv6 has no route_localnet: a connection to ::1 would wait for an answer that cannot come. Refused, its program tries 127.0.0.1.
        string own = family == FirewallFamily.IPv4 ? Local : "! -d ::1/128 " + Local;
        yield return Jump(FirewallChains.Nat, "OUTPUT", own, chains.Main, 1, "published ports, from the host itself", family);
        yield return Jump(FirewallChains.Nat, "POSTROUTING", "", chains.PostRouting, 1, "addresses of what leaves", family);
    }

    private static FirewallRule Jump(string table, string chain, string match, string target, int phase, string reason,
        FirewallFamily family) =>
        new(family, table, chain, $"{match}-j {target}") { Reason = reason, Phase = phase, IsJump = true };
}
