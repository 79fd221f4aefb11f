namespace Containers.Engine.Networking.Firewall;

/// <summary>Compares the rules that should be with those that are. Pure.</summary>
internal static class FirewallCheck
{
    /// <param name="rules">All rules of one family, in order.</param>
    internal static List<FirewallFinding> Compare(
        FirewallChains chains, FirewallFamily family, IReadOnlyCollection<FirewallRule> rules, SavedRules current)
    {
        List<FirewallFinding> findings = [];
        HashSet<string> bridges = [.. rules.Where(r => r.Chain == chains.Forward).SelectMany(r => Words(r.Text, "-i", "-o"))];
        foreach (IGrouping<(string Table, string Chain), FirewallRule> group in rules.GroupBy(r => (r.Table, r.Chain)))
        {
            IReadOnlyList<string> there = current.Rules(group.Key.Table, group.Key.Chain);
            findings.AddRange(Missing(group, there));
            findings.AddRange(Duplicates(group, there));
            findings.AddRange(group.First().IsJump ? Shadows(chains, [.. group], there, bridges, current) : Order(group, there));
        }

        foreach (string table in FirewallChains.Tables)
        {
            foreach (string chain in chains.Owned(table))
            {
                HashSet<string> ours = [.. rules.Where(r => r.Table == table && r.Chain == chain).Select(r => r.Text)];
                findings.AddRange(current.Rules(table, chain).Distinct().Where(text => !ours.Contains(text))
                    .Select(text => new FirewallFinding(
                        FirewallDrift.ForeignRule, family, table, chain, text,
                        $"The rule \"{text}\" does not belong in the chain \"{chain}\".")));
            }
        }

        return findings;
    }

    private static IEnumerable<FirewallFinding> Missing(IEnumerable<FirewallRule> rules, IReadOnlyList<string> there)
    {
        HashSet<string> present = [.. there];
        return rules.Where(r => !present.Contains(r.Text)).Select(r => r.IsJump
            ? Finding(FirewallDrift.MissingJump, r, $"The chain \"{r.Chain}\" does not lead to \"{SavedRules.Target(r.Text)}\".")
            : Finding(FirewallDrift.MissingRule, r, $"The rule \"{r.Text}\" ({r.Reason}) is missing in the chain \"{r.Chain}\"."));
    }

    private static IEnumerable<FirewallFinding> Duplicates(IEnumerable<FirewallRule> rules, IReadOnlyList<string> there)
    {
        Dictionary<string, int> counts = there.CountBy(text => text).ToDictionary();
        return rules.Where(r => counts.GetValueOrDefault(r.Text) > 1).Select(r => Finding(
            FirewallDrift.DuplicateRule, r, $"The rule \"{r.Text}\" stands {counts[r.Text]} times in the chain \"{r.Chain}\"."));
    }

    private static IEnumerable<FirewallFinding> Order(IEnumerable<FirewallRule> rules, IReadOnlyList<string> there)
    {
        Dictionary<string, FirewallRule> known = rules.ToDictionary(r => r.Text);
        int phase = 0;
        foreach (string text in there)
        {
            if (!known.TryGetValue(text, out FirewallRule? rule))
            {
                continue;
            }

            if (rule.Phase < phase)
            {
                yield return Finding(FirewallDrift.WrongOrder, rule,
                    $"The rule \"{text}\" ({rule.Reason}) stands too late in the chain \"{rule.Chain}\".");
            }

            phase = Math.Max(phase, rule.Phase);
        }
    }

    private static IEnumerable<FirewallFinding> Shadows(
        FirewallChains chains, FirewallRule[] jumps, IReadOnlyList<string> there, HashSet<string> bridges, SavedRules current)
    {
        int seen = 0;
        string? before = null;
        foreach (string text in there)
        {
            int index = Array.FindIndex(jumps, j => j.Text == text);
            if (index < 0)
            {
                before ??= Decides(jumps[0].Table, text, bridges, chains, current, []) ? text : null;
                continue;
            }

            FirewallRule jump = jumps[index];
            if (before is not null)
            {
                yield return Finding(
                    FirewallDrift.ShadowedJump, jump,
                        $"In the chain \"{jump.Chain}\" the rule \"{before}\" decides before \"{text}\" is reached.");
            }
            else if (index < seen)
            {
                yield return Finding(FirewallDrift.WrongOrder, jump, $"The rule \"{text}\" stands too late in the chain \"{jump.Chain}\".");
            }

            seen = Math.Max(seen, index);
        }
    }

    /// <summary>
    /// Whether a rule, or one that it leads to, may end the way of a packet that is ours to judge. What its matches mean beyond
    /// interfaces
    /// is not asked: a rule that decides about any packet of ours too early is worth a look.
    /// </summary>
    private static bool Decides(
        string table, string rule, HashSet<string> bridges, FirewallChains chains, SavedRules current, HashSet<string> visited)
    {
        // Packets between two interfaces that are none of ours, or on the loopback, do not concern us.
        string? input = Words(rule, "-i").FirstOrDefault();
        string? output = Words(rule, "-o").FirstOrDefault();
        bool Foreign(string? name) => name is not null && !name.EndsWith('+') && !bridges.Contains(name);
        bool negated = rule.Contains("! -i ", StringComparison.Ordinal) || rule.Contains("! -o ", StringComparison.Ordinal);
        bool apart = table == FirewallChains.Filter && Foreign(input) && Foreign(output);
        if (input == "lo" || output == "lo" || (apart && !negated) || SavedRules.Target(rule) is not string target)
        {
            return false;
        }

        if (!current.Has(table, target))
        {
            return target is "ACCEPT" or "DROP" or "REJECT" or "RETURN" or "QUEUE" or "NFQUEUE" or "DNAT" or "SNAT"
                or "MASQUERADE" or "REDIRECT" or "NETMAP";
        }

        // A return from a chain goes on behind the jump; from the user's chain it is the user's will.
        return target != chains.User && visited.Add(target)
            && current.Rules(table, target).Any(r => SavedRules.Target(r) != "RETURN"
                && Decides(table, r, bridges, chains, current, visited));
    }

    private static IEnumerable<string> Words(string rule, params string[] options)
    {
        string[] words = rule.Split(' ');
        return words.Zip(words.Skip(1)).Where(pair => options.Contains(pair.First)).Select(pair => pair.Second);
    }

    private static FirewallFinding Finding(FirewallDrift kind, FirewallRule rule, string message) =>
        new(kind, rule.Family, rule.Table, rule.Chain, rule.Text, message);
}
