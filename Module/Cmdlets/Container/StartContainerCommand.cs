using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>Starts containers, in the background or attached. One that runs already is left as it is, or attached to.</summary>
[Cmdlet(VerbsLifecycle.Start, "Container", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(Container), typeof(string))]
public sealed class StartContainerCommand : AttachingCmdlet
{
    private const string PolicySet = "Policy";

    [Parameter(
        ParameterSetName = NameSet, Mandatory = true, Position = 0,
        ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id", "ContainerIdOrName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(StartableContainerCompleter))]
    public override string[] Name { get; set; } = [];

    /// <summary>Those that their restart policies want to run, as after a reboot.</summary>
    [Parameter(ParameterSetName = PolicySet, Mandatory = true)]
    public SwitchParameter Policy { get; set; }

    /// <summary>Writes the started container.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Shows its output until it ends.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = ObjectSet)]
    public SwitchParameter Attach { get; set; }

    /// <summary>Attaches, and gives it what is typed.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = ObjectSet)]
    public SwitchParameter Interactive { get; set; }

    protected override void ProcessRecord()
    {
        foreach (ContainerTarget target in Policy ? PolicyTargets() : Targets)
        {
            WriteVerbose($"Get-ContainerPlan shows the steps that the start of container \"{target.Name}\" takes.");
            if (!ShouldDo($"Start container \"{target.Name}\""))
            {
                continue;
            }

            if (Attach || Interactive)
            {
                StartAttached(target);
            }
            else if (TryRun(stop => Engine.Start(target.Id, Warnings, stop), out Container? started) && PassThru)
            {
                WriteObject(started);
            }
        }
    }

    private void StartAttached(ContainerTarget target)
    {
        bool first = true;
        if (!TryRun(stop => Open(target, ref first, stop), out RunSession? session))
        {
            return;
        }

        Follow(session, Interactive, first);
        if (PassThru && TryRun(_ => Engine.Get(session.Container.Id), out Container? last))
        {
            WriteObject(last);
        }
    }

    private RunSession Open(ContainerTarget target, ref bool first, CancellationToken stop)
    {
        TerminalSize size = Interactive && Engine.Get(target.Id).Spec?.Process.Terminal == true
            ? RequireTerminal(target.Name, "Leave out -Interactive, and use Connect-Container at a prompt.")
            : default;
        try
        {
            return Engine.StartAttached(target.Id, Warnings, stop, size);
        }
        catch (EngineException e) when (e.ErrorId == ErrorIds.ContainerRunning)
        {
            first = false;
            return Engine.Attach(target.Id, stop);
        }
    }

    private IEnumerable<ContainerTarget> PolicyTargets() =>
        TryRun(_ => Engine.ListPolicyStarts(), out IReadOnlyList<Container>? containers) ? FindTargets([], containers) : [];
}
