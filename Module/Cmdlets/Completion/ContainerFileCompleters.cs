using System.Collections;
using System.Management.Automation;
using Containers.Engine;

namespace Containers.Cmdlets;

/// <summary>Stages that the Dockerfile of the command line names.</summary>
public sealed class BuildStageCompleter : Completer
{
    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound) =>
        ContainerFileOutline.Of(bound).Stages.Select(stage => new Candidate(stage, $"FROM … AS {stage}"));
}

/// <summary>Arguments that it takes; the value follows.</summary>
public sealed class BuildArgumentCompleter : Completer
{
    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound) =>
        ContainerFileOutline.Of(bound).Arguments.Select(argument => new Candidate(argument.Key + "=", $"ARG {argument.Key}={argument.Value}"));
}

internal static class ContainerFileOutline
{
    /// <summary>Of -File, else of the Dockerfile in -Path, else of the one here.</summary>
    internal static (IReadOnlyList<string> Stages, IReadOnlyDictionary<string, string?> Arguments) Of(IDictionary bound)
    {
        // PowerShell's location is not the process's.
        using PowerShell session = PowerShell.Create(RunspaceMode.CurrentRunspace);
        PathIntrinsics paths = session.AddScript("$ExecutionContext.SessionState.Path").Invoke<PathIntrinsics>().Single();
        string context = paths.GetUnresolvedProviderPathFromPSPath(Conversions.Text(bound["Path"]) is { Length: > 0 } path ? path : ".");
        string file = Conversions.Text(bound["File"]);
        string found = file.Length == 0 ? Path.Join(context, "Dockerfile") : paths.GetUnresolvedProviderPathFromPSPath(file);
        found = File.Exists(found) ? found : Path.Join(context, file);
        return ContainerEngine.OutlineContainerFile(found, ContainerEngine.ReadContainerFile(found));
    }
}
