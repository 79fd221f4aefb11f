using System.Management.Automation;

namespace Containers.Cmdlets;

/// <summary>Sends a signal to the first process of containers.</summary>
[Cmdlet(VerbsCommunications.Send, "ContainerSignal", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[Alias("Kill-Container")]
public sealed class SendContainerSignalCommand : ContainerTargetCmdlet
{
    [Parameter(
        ParameterSetName = NameSet, Mandatory = true, Position = 0,
        ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id", "ContainerIdOrName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RunningContainerCompleter))]
    public override string[] Name { get; set; } = [];

    /// <summary>Name with or without SIG, or number.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(SignalCompleter))]
    public string Signal { get; set; } = "KILL";

    protected override void ProcessRecord()
    {
        foreach (ContainerTarget target in Targets)
        {
            if (ShouldDo($"Send signal {Signal} to container \"{target.Name}\""))
            {
                TryRun(_ => Engine.SendSignal(target.Id, Signal));
            }
        }
    }
}
