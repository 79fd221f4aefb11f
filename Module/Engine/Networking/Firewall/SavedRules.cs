namespace Containers.Engine.Networking.Firewall;

/// <summary>What iptables-save printed: tables, their chains, the rules of each in order.</summary>
internal sealed class SavedRules
{
    private readonly Dictionary<string, Dictionary<string, List<string>>> _tables = [];

    internal static SavedRules Parse(string text)
    {
        SavedRules saved = new();
        Dictionary<string, List<string>>? table = null;
        foreach (string line in text.Split('\n'))
        {
            if (line.StartsWith('*'))
            {
                saved._tables[line[1..].Trim()] = table = [];
            }
            else if (table is not null && line.StartsWith(':'))
            {
                table.TryAdd(line[1..].Split(' ')[0], []);
            }
            else if (table is not null && line.StartsWith("-A ", StringComparison.Ordinal))
            {
                string[] parts = line.TrimEnd().Split(' ', 3);
                List<string>? rules = table.GetValueOrDefault(parts[1]);
                if (rules is null)
                {
                    table[parts[1]] = rules = [];
                }

                rules.Add(parts.Length > 2 ? parts[2] : "");
            }
        }

        return saved;
    }

    internal IEnumerable<string> Chains(string table) =>
        _tables.TryGetValue(table, out Dictionary<string, List<string>>? chains) ? chains.Keys : [];

    internal bool Has(string table, string chain) =>
        _tables.TryGetValue(table, out Dictionary<string, List<string>>? chains) && chains.ContainsKey(chain);

    /// <summary>The rules' texts behind "-A CHAIN "; none when there is no such chain.</summary>
    internal IReadOnlyList<string> Rules(string table, string chain) =>
        _tables.TryGetValue(table, out Dictionary<string, List<string>>? chains) && chains.TryGetValue(chain, out List<string>? rules)
            ? rules : [];

    /// <summary>The chain or target a rule leads to, by -j or -g; null when it has none.</summary>
    internal static string? Target(string rule)
    {
        // The target's own options follow it, and a comment may hold anything in quotes before it.
        bool quoted = false;
        for (int i = 0; i < rule.Length; i++)
        {
            quoted ^= rule[i] == '"' && (i == 0 || rule[i - 1] != '\\');
            if (!quoted && rule[i] == '-'
                && (i == 0 || rule[i - 1] == ' ') && i + 3 < rule.Length && rule[i + 1] is 'j' or 'g' && rule[i + 2] == ' ')
            {
                int end = rule.IndexOf(' ', i + 3);
                return end < 0 ? rule[(i + 3)..] : rule[(i + 3)..end];
            }
        }

        return null;
    }
}
