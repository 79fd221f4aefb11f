using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>A shell in a container that runs, on a terminal of the container's own, joined to the user's until it ends.</summary>
[Cmdlet(VerbsCommon.Enter, "ContainerSession", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class EnterContainerSessionCommand : ContainerProgramCmdlet
{
    private const string Automatic = "auto";

    private DetachSequence? _keys;

    /// <summary>Name, id or beginning of the id of a container that runs.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id", "ContainerIdOrName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ContainerNameTransformation]
    [ArgumentCompleter(typeof(UnpausedContainerCompleter))]
    public string Name { get; set; } = "";

    /// <summary>The shell: auto, or a program of the container with its arguments.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ContainerShellCompleter))]
    public string[] Shell { get; set; } = [Automatic];

    /// <summary>Keys that let go of the shell, in docker's form.</summary>
    [Parameter]
    [AllowEmptyString]
    public string DetachKeys { get; set; } = DetachSequence.Default;

    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _keys = ParseDetachKeys(DetachKeys);
    }

    protected override void ProcessRecord()
    {
        if (TryRun(_ => OnlyTarget(), out ContainerTarget target)
            && ShouldDo($"Enter container \"{ContainerNameTransformationAttribute.Shown(target.Name)}\""))
        {
            TryRun(stop => Enter(target, stop));
        }
    }

    private ContainerTarget OnlyTarget()
    {
        ContainerTarget[] targets = [.. FindTargets([Name], [])];
        return targets.Length == 1 ? targets[0] : throw new EngineException(
            targets.Length == 0 ? EngineErrorKind.ObjectNotFound : EngineErrorKind.InvalidArgument,
            targets.Length == 0 ? ErrorIds.ContainerNotFound : "SeveralContainers",
            targets.Length == 0 ? $"No container has such a name: \"{Name}\"." : $"\"{Name}\" names {targets.Length} containers, and one can be entered.",
            Name, targets.Length == 0 ? "Get-Container shows those that run." : "Name one of them.");
    }

    private void Enter(ContainerTarget target, CancellationToken stop)
    {
        using ExecSession session = Starting(() => Start(target, stop));
        if (Relay(session, _keys!, stop))
        {
            SetLastExitCode(session.Exit ?? new ContainerExit(null, 0, false, false));
        }
    }

    private ExecSession Start(ContainerTarget target, CancellationToken stop)
    {
        string name = Engine.Get(target.Id).Name;
        IReadOnlyList<string> shell = Shell is [Automatic] ? [Engine.FindShell(target.Id, User, stop)] : Shell;
        TerminalSize size = RequireTerminal(name, $"Run this at a prompt, or run one command: Invoke-ContainerCommand {name} ...");
        ExecSpec spec = BuildSpec(shell) with { Interactive = true, Terminal = true, TerminalSize = size };
        return Engine.StartExec(target.Id, spec, Warnings, stop);
    }
}
