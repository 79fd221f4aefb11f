using Containers.Engine;

namespace Containers.Cmdlets;

/// <summary>The program that runs PowerShell on this host.</summary>
internal static class PowerShellProgram
{
    private const string Pwsh = "pwsh";

    private const string Shell = "containers-shell";

    /// <summary>The one that runs this session, where it is a program of its own; else pwsh of the PATH.</summary>
    /// <exception cref="EngineException">PowerShellNotFound.</exception>
    internal static string Find() => FindHost() ?? FindPwsh();

    /// <summary>pwsh, this session's own before that of the PATH; containers-shell will not do.</summary>
    /// <exception cref="EngineException">PowerShellNotFound.</exception>
    internal static string FindPwsh()
    {
        if (Environment.ProcessPath is { } own && Path.GetFileName(own).StartsWith(Pwsh, StringComparison.Ordinal))
        {
            return own;
        }

        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Where(Path.IsPathRooted)
            .Select(directory => Path.Combine(directory, Pwsh))
            .FirstOrDefault(File.Exists)
            ?? throw new EngineException(
                EngineErrorKind.NotInstalled, "PowerShellNotFound", "There is no pwsh on this host.", Pwsh,
                "Install PowerShell 7.6 or later, and see that pwsh is in a directory of PATH.");
    }

    private static string? FindHost() =>
        Environment.ProcessPath is { } own
        && (Path.GetFileName(own).StartsWith(Pwsh, StringComparison.Ordinal) || Path.GetFileName(own) == Shell) ? own : null;
}
