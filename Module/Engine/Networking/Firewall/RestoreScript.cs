using System.Text;

namespace Containers.Engine.Networking.Firewall;

/// <summary>
/// Texts for <c>iptables-restore --noflush</c>. A table between its name and COMMIT is applied wholly or not at all. Pure.
/// </summary>
internal static class RestoreScript
{
    /// <summary>
    /// New rules at the end of their chains, if everything they build on stands: a -C line that does not match makes the program refuse
    /// the table. So one run checks and changes.
    /// </summary>
    internal static string Add(IEnumerable<FirewallRule> checks, IEnumerable<FirewallRule> additions) =>
        Tables([.. checks.Select(r => (r.Table, $"-C {r.Chain} {r.Text}")), .. additions.Select(r => (r.Table, $"-A {r.Chain} {r.Text}"))]);

    /// <summary>Takes exactly these rules away; refused when one of them is missing.</summary>
    internal static string Remove(IEnumerable<FirewallRule> rules) => Tables([.. rules.Select(r => (r.Table, $"-D {r.Chain} {r.Text}"))]);

    /// <summary>
    /// Makes the chains hold these rules and nothing else, whatever is there now, with the jumps to them first in their chains. The user's
    /// chain is made when it is missing and not touched otherwise.
    /// </summary>
    /// <param name="rules">All rules of a family, in order (<see cref="FirewallCompiler.Compile"/>); none to leave nothing behind.</param>
    internal static string Replace(FirewallChains chains, IReadOnlyCollection<FirewallRule> rules, SavedRules current)
    {
        List<(string, string)> lines = [];
        foreach (string table in FirewallChains.Tables)
        {
            FirewallRule[] wanted = [.. rules.Where(r => r.Table == table)];
            lines.AddRange(TableChange(chains, table, wanted, current).Select(line => (table, line)));
        }

        return Tables(lines);
    }

    /// <summary>All rules and chains, refused when a chain of ours exists (-N): then it is not known what else does.</summary>
    internal static string Install(FirewallChains chains, IReadOnlyCollection<FirewallRule> rules)
    {
        List<(string, string)> lines = [];
        foreach (string table in FirewallChains.Tables)
        {
            FirewallRule[] wanted = [.. rules.Where(r => r.Table == table)];
            if (wanted.Length > 0)
            {
                lines.AddRange(chains.Owned(table).Concat(table == FirewallChains.Filter ? [chains.User] : []).Select(c => (table, $"-N {c}")));
                lines.AddRange(wanted.Where(r => !r.IsJump).Select(r => (table, $"-A {r.Chain} {r.Text}")));
                lines.AddRange(wanted.Where(r => r.IsJump).ToLookup(r => r.Chain)
                    .SelectMany(jumps => jumps.Select((r, i) => (table, $"-I {r.Chain} {i + 1} {r.Text}"))));
            }
        }

        return Tables(lines);
    }

    /// <summary>No chain, rule or jump of ours stays; of the user's chain only what holds rules or is used from elsewhere.</summary>
    internal static string RemoveAll(FirewallChains chains, SavedRules current) => Replace(chains, [], current);

    private static List<string> TableChange(FirewallChains chains, string table, FirewallRule[] wanted, SavedRules current)
    {
        List<string> lines = [];
        IReadOnlyList<string> owned = chains.Owned(table);
        bool user = table == FirewallChains.Filter && current.Has(table, chains.User);

        // Jumps first: a chain that something leads to cannot be deleted.
        ILookup<string, FirewallRule> jumps = wanted.Where(r => r.IsJump).ToLookup(r => r.Chain);
        List<string> insertions = [];
        foreach (string chain in current.Chains(table).Concat(jumps.Select(j => j.Key)).Distinct().Except([.. owned, chains.User]))
        {
            string[] existing = [.. current.Rules(table, chain).Where(r => LeadsToUs(chains, table, chain, r))];
            string[] right = [.. jumps[chain].Select(r => r.Text)];
            if (existing.SequenceEqual(right) && current.Rules(table, chain).Take(right.Length).SequenceEqual(right))
            {
                continue;
            }

            lines.AddRange(existing.Select(r => $"-D {chain} {r}"));
            insertions.AddRange(right.Select((r, i) => $"-I {chain} {i + 1} {r}"));
        }

        if (wanted.Length > 0)
        {
            // A declaration makes the chain, or empties it. The user's chain gets none: -N would rather fail than empty what appeared
            // meanwhile.
            lines.AddRange(owned.Select(c => $":{c} - [0:0]"));
            lines.AddRange(table == FirewallChains.Filter && !user ? [$"-N {chains.User}"] : []);
            lines.AddRange(wanted.Where(r => !r.IsJump).Select(r => $"-A {r.Chain} {r.Text}"));
            lines.AddRange(insertions);
            return lines;
        }

        string[] present = [.. owned.Where(c => current.Has(table, c))];
        lines.AddRange(present.Select(c => $"-F {c}"));
        lines.AddRange(present.Where(c => !UsedByUser(chains, table, c, current)).Select(c => $"-X {c}"));
        if (user && current.Rules(table, chains.User).Count == 0 && !UsedByOthers(chains, current))
        {
            lines.Add($"-X {chains.User}");
        }

        return lines;
    }

    /// <summary>Our chains are nobody else's business; to the user's chain, only our own jump is ours.</summary>
    private static bool LeadsToUs(FirewallChains chains, string table, string chain, string rule) =>
        SavedRules.Target(rule) is string target
        && (chains.Owned(table).Contains(target) || (chain == "FORWARD" && table == FirewallChains.Filter && rule == $"-j {chains.User}"));

    /// <summary>A rule of the user's that leads to a chain of ours stays, and so the chain, empty.</summary>
    private static bool UsedByUser(FirewallChains chains, string table, string chain, SavedRules current) =>
        table == FirewallChains.Filter && current.Rules(table, chains.User).Any(rule => SavedRules.Target(rule) == chain);

    private static bool UsedByOthers(FirewallChains chains, SavedRules current) =>
        current.Chains(FirewallChains.Filter).Except(chains.Owned(FirewallChains.Filter)).Any(chain =>
            current.Rules(FirewallChains.Filter, chain).Any(rule =>
                SavedRules.Target(rule) == chains.User && !LeadsToUs(chains, FirewallChains.Filter, chain, rule)));

    /// <summary>Empty when there is nothing to do.</summary>
    private static string Tables(IReadOnlyCollection<(string Table, string Line)> lines)
    {
        StringBuilder script = new();
        foreach (string table in FirewallChains.Tables)
        {
            bool open = false;
            foreach ((string _, string line) in lines.Where(l => l.Table == table))
            {
                script.Append(open ? "" : $"*{table}\n").Append(line).Append('\n');
                open = true;
            }

            script.Append(open ? "COMMIT\n" : "");
        }

        return script.ToString();
    }
}
