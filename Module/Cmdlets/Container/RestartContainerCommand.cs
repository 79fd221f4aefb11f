using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>Stops containers and starts them again.</summary>
[Cmdlet(VerbsLifecycle.Restart, "Container", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(Container))]
public sealed class RestartContainerCommand : ContainerTargetCmdlet
{
    /// <summary>How long to wait before the kill; the container's own without it, and for ever when negative.</summary>
    [Parameter, TimeTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Instead of the container's own stop signal.</summary>
    [Parameter, ArgumentCompleter(typeof(SignalCompleter))]
    public string? Signal { get; set; }

    /// <summary>Writes the restarted container.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        foreach (ContainerTarget target in Targets)
        {
            if (ShouldDo($"Restart container \"{target.Name}\"")
                && TryRun(stop => Engine.Restart(target.Id, Timeout, Signal, Warnings, stop), out Container? restarted)
                && PassThru)
            {
                WriteObject(restarted);
            }
        }
    }
}
