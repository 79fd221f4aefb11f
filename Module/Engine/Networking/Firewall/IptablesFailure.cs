using Containers.Engine.Linux;

namespace Containers.Engine.Networking.Firewall;

/// <summary>What a failure of the iptables programs means.</summary>
internal static class IptablesFailure
{
    internal static EngineException NotFound(string name) => new(
        EngineErrorKind.NotInstalled, "IPTablesNotFound", $"The program \"{name}\" is not installed.", name,
        "Install the package \"iptables\", or run Set-ContainerHost -IPTables:$false to leave the firewall alone.");

    internal static EngineException NotRun(string path, Exception inner) => inner is TimeoutException
        ? new EngineException(
            EngineErrorKind.OperationTimeout, "FirewallFailed", $"The program \"{path}\" did not end in time.", path,
            "Look for a program that holds the lock /run/xtables.lock.", inner)
        : new EngineException(
            EngineErrorKind.ResourceUnavailable, "FirewallFailed", $"The program \"{path}\" cannot be run.", path,
            "Check that it is complete, and the limit of processes (ulimit -u).", inner);

    internal static EngineException From(string path, ChildResult result)
    {
        string text = result.ErrorText.Trim();
        (EngineErrorKind kind, string? action) = text switch
        {
            _ when Holds("Permission denied", "Operation not permitted", "must be root") =>
                (EngineErrorKind.PermissionDenied, "Run as root."),
            _ when Holds("xtables lock", "Resource temporarily unavailable") =>
                (EngineErrorKind.ResourceBusy, "Try again when the other program has let go of the lock /run/xtables.lock."),
            _ when Holds("do you need to insmod", "missing kernel module", "Failed to initialize nft",
                "Could not fetch rule set generation id") =>
                (EngineErrorKind.NotImplemented,
                    "Load the kernel's modules (modprobe ip_tables iptable_nat nf_tables nft_compat "
                    + "xt_conntrack xt_addrtype xt_comment xt_MASQUERADE)."),
            _ when Holds("incompatible, use 'nft' tool") =>
                (EngineErrorKind.ResourceBusy,
                    "Move the rules that the nft program made in the tables of iptables to tables of their own."),
            _ => (EngineErrorKind.InvalidOperation, (string?)"Run Repair-ContainerNetwork."),
        };

        // Only the first line: the rest is where to find the program's manual.
        string first = text.Split('\n')[0];
        string cause = first.Length > 0 ? first : $"exit code {result.ExitCode}";
        return new EngineException(
            kind, "FirewallFailed", $"The firewall refused a change: {cause}.", path, action, new IOException($"{path}: {text}"));

        bool Holds(params ReadOnlySpan<string> parts)
        {
            foreach (string part in parts)
            {
                if (text.Contains(part, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
