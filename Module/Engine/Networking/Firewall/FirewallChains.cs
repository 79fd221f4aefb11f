namespace Containers.Engine.Networking.Firewall;

/// <summary>The names of the chains that begin with one prefix, and the tables they are in.</summary>
internal sealed class FirewallChains
{
    internal const string Raw = "raw";
    internal const string Nat = "nat";
    internal const string Filter = "filter";

    /// <summary>In the order they are filled: the guards before the way in, the way in before the translation that leads to it.</summary>
    internal static readonly IReadOnlyList<string> Tables = [Raw, Filter, Nat];

    private static readonly HashSet<string> s_taken = new(StringComparer.Ordinal)
    {
        "PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING", "ACCEPT", "DROP", "REJECT", "RETURN", "QUEUE", "LOG", "MARK", "SNAT",
        "DNAT",
        "MASQUERADE", "REDIRECT", "NETMAP", "NFLOG", "NFQUEUE", "TRACE", "TEE", "SET", "CT", "NOTRACK", "CONNMARK", "CLASSIFY", "AUDIT",
    };

    /// <exception cref="EngineException">ChainPrefixInvalid.</exception>
    internal FirewallChains(string prefix)
    {
        // A chain's name has at most 28 characters (XT_EXTENSION_MAXNAMELEN); the longest of ours adds 12.
        if (prefix.Length is 0 or > 16 || prefix[0] == '-' || s_taken.Contains(prefix)
            || !prefix.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "ChainPrefixInvalid", $"\"{prefix}\" cannot begin the names of firewall chains.", prefix,
                "Use up to 16 letters, digits, hyphens and underscores that are no chain or target of iptables.");
        }

        Main = prefix;
        User = prefix + "-USER";
        Forward = prefix + "-FORWARD";
        PostRouting = prefix + "-POSTROUTING";
    }

    /// <summary>What each container adds: translations in nat, openings in filter; the guards in raw.</summary>
    internal string Main { get; }

    /// <summary>The administrator's own rules in filter, seen before all of ours. Its content is never touched.</summary>
    internal string User { get; }

    /// <summary>What each network adds in filter.</summary>
    internal string Forward { get; }

    /// <summary>What each network adds in nat for packets on their way out.</summary>
    internal string PostRouting { get; }

    /// <summary>The chains of a table whose content is ours alone.</summary>
    internal IReadOnlyList<string> Owned(string table) => table switch
    {
        Raw => [Main],
        Filter => [Main, Forward],
        Nat => [Main, PostRouting],
        _ => [],
    };
}
