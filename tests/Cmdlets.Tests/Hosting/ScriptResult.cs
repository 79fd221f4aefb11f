using System.Management.Automation;

namespace Containers.Cmdlets.Tests.Hosting;

/// <summary>What a script gave.</summary>
/// <param name="Errors">Non-terminating errors in their order; a terminating one is the last.</param>
/// <param name="LastExitCode">$LASTEXITCODE after the script, or null when nothing set it.</param>
/// <param name="HostText">What went to the host: Write-Host, warnings, and formatted output of <see cref="HostedShell.Show"/>.</param>
/// <param name="Stopped">The pipeline was stopped before its end.</param>
public sealed record ScriptResult(
    IReadOnlyList<PSObject> Output,
    IReadOnlyList<ErrorRecord> Errors,
    IReadOnlyList<string> Warnings,
    IReadOnlyList<ProgressRecord> Progress,
    int? LastExitCode,
    bool HadErrors,
    string HostText,
    bool Stopped)
{
    /// <summary>The output as texts.</summary>
    public IReadOnlyList<string> Lines => [.. Output.Select(o => o?.ToString() ?? "")];
}
