using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>Waits until processes in containers have ended.</summary>
[Cmdlet(VerbsLifecycle.Wait, "ContainerProcess", DefaultParameterSetName = NameSet)]
[OutputType(typeof(ContainerProcess))]
public sealed class WaitContainerProcessCommand : ContainerProcessTargetCmdlet
{
    private readonly List<ContainerProcess> _targets = [];

    /// <summary>After this time an error is written instead.</summary>
    [Parameter, TimeTransformation]
    public TimeSpan? Timeout { get; set; }

    protected override void ProcessRecord() => _targets.AddRange(Targets());

    protected override void EndProcessing()
    {
        // One after the other is enough: pid and start time name a process for ever, and an end that came before is seen at once.
        long begin = System.Environment.TickCount64;
        foreach (ContainerProcess target in _targets)
        {
            TimeSpan? left = Timeout - TimeSpan.FromMilliseconds(System.Environment.TickCount64 - begin);
            if (TryRun(stop => Engine.WaitProcess(target, left, stop), out ContainerProcess? process))
            {
                WriteObject(process);
            }
        }
    }
}
