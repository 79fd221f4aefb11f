using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>Lets suspended containers go on.</summary>
[Cmdlet(VerbsLifecycle.Resume, "Container", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[Alias("Unpause-Container")]
[OutputType(typeof(Container))]
public sealed class ResumeContainerCommand : ContainerTargetCmdlet
{
    [Parameter(
        ParameterSetName = NameSet, Mandatory = true, Position = 0,
        ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id", "ContainerIdOrName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(PausedContainerCompleter))]
    public override string[] Name { get; set; } = [];

    /// <summary>Writes the resumed container.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        foreach (ContainerTarget target in Targets)
        {
            if (ShouldDo($"Resume container \"{target.Name}\"")
                && TryRun(_ => Engine.Resume(target.Id), out Container? resumed)
                && PassThru)
            {
                WriteObject(resumed);
            }
        }
    }
}
