using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>Freezes all processes of containers.</summary>
[Cmdlet(VerbsLifecycle.Suspend, "Container", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[Alias("Pause-Container")]
[OutputType(typeof(Container))]
public sealed class SuspendContainerCommand : ContainerTargetCmdlet
{
    [Parameter(
        ParameterSetName = NameSet, Mandatory = true, Position = 0,
        ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id", "ContainerIdOrName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(UnpausedContainerCompleter))]
    public override string[] Name { get; set; } = [];

    /// <summary>Writes the suspended container.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        foreach (ContainerTarget target in Targets)
        {
            if (ShouldDo($"Suspend container \"{target.Name}\"")
                && TryRun(_ => Engine.Suspend(target.Id), out Container? suspended)
                && PassThru)
            {
                WriteObject(suspended);
            }
        }
    }
}
