using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>Stops containers: the stop signal, a wait, then the kill.</summary>
[Cmdlet(VerbsLifecycle.Stop, "Container", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(Container))]
public sealed class StopContainerCommand : ContainerTargetCmdlet
{
    [Parameter(
        ParameterSetName = NameSet, Mandatory = true, Position = 0,
        ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id", "ContainerIdOrName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RunningContainerCompleter))]
    public override string[] Name { get; set; } = [];

    /// <summary>How long to wait before the kill; the container's own without it, and for ever when negative.</summary>
    [Parameter, TimeTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Instead of the container's own stop signal.</summary>
    [Parameter, ArgumentCompleter(typeof(SignalCompleter))]
    public string? Signal { get; set; }

    /// <summary>Kills at once, also a paused container.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>A name that no container has is no error.</summary>
    [Parameter]
    public SwitchParameter IgnoreMissing { get; set; }

    /// <summary>Writes the stopped container.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        foreach (ContainerTarget target in Targets)
        {
            if (ShouldDo($"{(Force ? "Kill" : "Stop")} container \"{target.Name}\""))
            {
                TryRun(stop => StopOne(target, stop));
            }
        }
    }

    private void StopOne(ContainerTarget target, CancellationToken stop)
    {
        try
        {
            Container stopped = Engine.Stop(target.Id, Timeout, Signal, Force, stop);
            if (PassThru)
            {
                WriteObject(stopped);
            }
        }
        catch (EngineException e) when (IgnoreMissing && e.ErrorId == ErrorIds.ContainerNotFound)
        {
            WriteVerbose($"There is no container \"{target.Name}\".");
        }
    }
}
