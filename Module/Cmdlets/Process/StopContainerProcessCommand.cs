using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>Ends processes in containers: SIGTERM, a wait, then the kill.</summary>
[Cmdlet(VerbsLifecycle.Stop, "ContainerProcess", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(ContainerProcess))]
public sealed class StopContainerProcessCommand : ContainerProcessTargetCmdlet
{
    /// <summary>Instead of SIGTERM.</summary>
    [Parameter, ArgumentCompleter(typeof(SignalCompleter))]
    public string? Signal { get; set; }

    /// <summary>How long to wait before the kill: ten seconds without it, and for ever when negative.</summary>
    [Parameter, TimeTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Kills at once.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes the process, with its exit code if it was a detached program.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        foreach (ContainerProcess target in Targets())
        {
            if (ShouldDo($"{(Force ? "Kill" : "Stop")} {Describe(target)}")
                && TryRun(stop => Engine.StopProcess(target, Signal, Timeout, Force, stop), out ContainerProcess? process) && PassThru)
            {
                WriteObject(process);
            }
        }
    }
}
