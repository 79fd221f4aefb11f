using System.Collections;
using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>A script block of this host's PowerShell in a container's namespaces.</summary>
public sealed partial class InvokeContainerCommandCommand
{
    private const string ScriptSet = "Script";

    private readonly List<object?> _objects = [];

    private volatile NamespaceSession? _script;

    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0)]
    [Parameter(ParameterSetName = ScriptSet, Mandatory = true, Position = 0)]
    [Alias("Id", "ContainerIdOrName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ContainerNameTransformation]
    [ArgumentCompleter(typeof(UnpausedContainerCompleter))]
    public override string[] Name { get; set; } = [];

    /// <summary>What this host's PowerShell runs.</summary>
    [Parameter(ParameterSetName = ScriptSet, Mandatory = true, Position = 1)]
    public ScriptBlock? ScriptBlock { get; set; }

    /// <summary>The namespaces of the container that it runs in.</summary>
    [Parameter(ParameterSetName = ScriptSet, Mandatory = true)]
    public ContainerNamespaces Namespace { get; set; }

    private void CollectInput()
    {
        if (HasInput)
        {
            _objects.Add(InputObject);
        }
    }

    private void RunScript()
    {
        foreach (ContainerTarget target in Targets)
        {
            string what = $"Run a script in the namespaces of container \"{ContainerNameTransformationAttribute.Shown(target.Name)}\"";
            if (ShouldDo(what) && TryRun(_ => Starting(() => StartScript(target)), out NamespaceSession? session))
            {
                using (session)
                {
                    _script = session;
                    TryRun(stop => Follow(session, target, stop));
                    _script = null;
                }
            }
        }
    }

    private NamespaceSession StartScript(ContainerTarget target)
    {
        string pwsh = PowerShellProgram.FindPwsh();
        byte[] input = NamespaceScript.Input(
            ScriptBlock!, ArgumentList, HasInput ? _objects : null, SessionState.Path.CurrentFileSystemLocation.ProviderPath, GetVariableValue);
        string[] environment =
        [
            .. System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(entry => $"{entry.Key}={entry.Value}"),
        ];
        return Engine.StartInNamespaces(target.Id, Namespace, pwsh, NamespaceScript.Arguments, environment, input);
    }

    private void Follow(NamespaceSession session, ContainerTarget target, CancellationToken stop)
    {
        ScriptRecords records = new(this, target.Name);
        while (session.Read(out OutputChunk chunk, stop))
        {
            records.Write(chunk);
        }

        records.End();
        ContainerExit exit = session.Exit ?? new ContainerExit(null, 0, false, false);
        SessionState.PSVariable.Set("global:LASTEXITCODE", exit.ExitCode ?? -1);
        if (exit.ExitCode is null or > 128)
        {
            throw new EngineException(
                EngineErrorKind.InvalidOperation, "ScriptHostEnded", $"The PowerShell that ran the script in \"{target.Name}\" was ended by a signal.", target.Name,
                "Look whether memory ran out: dmesg.");
        }
    }
}
