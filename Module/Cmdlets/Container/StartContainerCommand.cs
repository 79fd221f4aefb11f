using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>Starts containers in the background. One that runs already is left as it is.</summary>
[Cmdlet(VerbsLifecycle.Start, "Container", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(Container))]
public sealed class StartContainerCommand : ContainerTargetCmdlet
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

    protected override void ProcessRecord()
    {
        foreach (ContainerTarget target in Policy ? PolicyTargets() : Targets)
        {
            WriteVerbose($"Get-ContainerPlan shows the steps that the start of container \"{target.Name}\" takes.");
            if (ShouldDo($"Start container \"{target.Name}\"")
                && TryRun(stop => Engine.Start(target.Id, Warnings, stop), out Container? started)
                && PassThru)
            {
                WriteObject(started);
            }
        }
    }

    private IEnumerable<ContainerTarget> PolicyTargets() =>
        TryRun(_ => Engine.ListPolicyStarts(), out IReadOnlyList<Container>? containers) ? FindTargets([], containers) : [];
}
