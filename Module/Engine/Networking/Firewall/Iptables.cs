using System.Text;
using Containers.Engine.Linux;

namespace Containers.Engine.Networking.Firewall;

/// <summary>
/// The programs of the iptables package, each found by absolute path and run without a shell, in the network namespace of the calling
/// thread. One change is one run of iptables-restore.
/// </summary>
internal sealed class Iptables(string backend, IReadOnlyList<string>? directories = null)
{
    /// <summary>For the lock of the legacy tables ten seconds, then some for the work.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    /// <summary>A rule is about 150 bytes: enough for some hundred thousand.</summary>
    private const int MaximumListing = 64 << 20;

    private readonly Dictionary<string, string> _found = [];

    /// <summary>Adds to what is there, and waits up to ten seconds for another one.</summary>
    internal static IReadOnlyList<string> RestoreArguments { get; } = ["--noflush", "-w", "10"];

    /// <summary>Absolute path of the program that takes scripts, or null.</summary>
    internal string? FindRestore(FirewallFamily family) => Search(family, "restore");

    /// <summary>Begins to apply a script; the caller does other things until <see cref="PendingRestore.Wait"/>.</summary>
    /// <exception cref="EngineException">IPTablesNotFound, FirewallFailed.</exception>
    internal PendingRestore StartRestore(FirewallFamily family, string script)
    {
        string path = Find(family, "restore");
        try
        {
            return new PendingRestore(ChildProcess.Start(path, RestoreArguments, Encoding.ASCII.GetBytes(script)), path, s_timeout);
        }
        catch (LinuxException e)
        {
            throw IptablesFailure.NotRun(path, e);
        }
    }

    /// <summary>Applies a script: each of its tables wholly or not at all, one after the other, none after the first that fails.</summary>
    /// <exception cref="EngineException">IPTablesNotFound, FirewallFailed.</exception>
    internal void Restore(FirewallFamily family, string script, CancellationToken stop)
    {
        using PendingRestore pending = StartRestore(family, script);
        pending.Wait(stop);
    }

    /// <summary>All rules, as iptables-save prints them.</summary>
    /// <exception cref="EngineException">IPTablesNotFound, FirewallFailed.</exception>
    internal string Save(FirewallFamily family, CancellationToken stop)
    {
        string path = Find(family, "save");
        ChildResult result = Run(path, [], stop);
        return result.ExitCode == 0 && !result.Truncated ? result.OutputText : throw IptablesFailure.From(path, result);
    }

    /// <summary>What runs here, for example "iptables v1.8.9 (nf_tables)"; null when there is nothing.</summary>
    internal string? Version(CancellationToken stop)
    {
        if (!Has(FirewallFamily.IPv4))
        {
            return null;
        }

        string path = Find(FirewallFamily.IPv4, "restore");
        ChildResult result = Run(path, ["--version"], stop);

        // "iptables-nft-restore v1.8.9 (nf_tables)"
        string[] words = result.OutputText.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries);
        return result.ExitCode == 0 && words.Length == 2 ? "iptables " + words[1].Trim() : throw IptablesFailure.From(path, result);
    }

    /// <summary>Whether the programs for a family are installed.</summary>
    internal bool Has(FirewallFamily family) => Search(family, "restore") is not null && Search(family, "save") is not null;

    private static ChildResult Run(string path, IReadOnlyList<string> arguments, CancellationToken stop)
    {
        try
        {
            return ChildProcess.Run(path, arguments, default, s_timeout, stop, MaximumListing);
        }
        catch (Exception e) when (e is LinuxException or TimeoutException)
        {
            throw IptablesFailure.NotRun(path, e);
        }
    }

    private string Find(FirewallFamily family, string verb) =>
        Search(family, verb) ?? throw IptablesFailure.NotFound(Names(family, verb)[0]);

    private string? Search(FirewallFamily family, string verb)
    {
        string[] names = Names(family, verb);
        if (_found.TryGetValue(names[0], out string? known) && File.Exists(known))
        {
            return known;
        }

        // Only absolute places: an empty or relative part of PATH would run whatever lies in the current directory.
        IEnumerable<string> places = directories
            ?? (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Where(p => p.StartsWith('/')).Concat(["/usr/sbin", "/sbin",
                "/usr/local/sbin"]);
        string? path = names.SelectMany(name => places.Select(place => Path.Combine(place, name))).FirstOrDefault(File.Exists);
        if (path is not null)
        {
            _found[names[0]] = path;
        }

        return path;
    }

    private string[] Names(FirewallFamily family, string verb)
    {
        string program = family == FirewallFamily.IPv4 ? "iptables" : "ip6tables";
        return backend is "nft" or "legacy"
            ? [$"{program}-{backend}-{verb}"]
            : [$"{program}-{verb}", $"{program}-nft-{verb}", $"{program}-legacy-{verb}"];
    }
}
