using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>Waits until containers are in a state.</summary>
[Cmdlet(VerbsLifecycle.Wait, "Container", DefaultParameterSetName = NameSet)]
[OutputType(typeof(Container))]
public sealed class WaitContainerCommand : ContainerTargetCmdlet
{
    private readonly List<ContainerTarget> _targets = [];

    /// <summary>What to wait for.</summary>
    [Parameter]
    public WaitCondition Condition { get; set; } = WaitCondition.Stopped;

    /// <summary>After this time an error is written instead.</summary>
    [Parameter, TimeTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>The first of them is enough.</summary>
    [Parameter]
    public SwitchParameter Any { get; set; }

    protected override void ProcessRecord() => _targets.AddRange(Targets);

    protected override void EndProcessing()
    {
        // All are watched from the beginning on: one after the other, a short run of the second would be missed.
        using ParallelWait wait = new(_targets.Count, Stop);
        foreach (ContainerTarget target in _targets)
        {
            wait.Begin(stop => Engine.Wait(target.Id, Condition, Timeout, stop));
        }

        for (int left = _targets.Count; left > 0; left--)
        {
            bool met = TryRun(_ => wait.Next(), out Container? container);
            if (met)
            {
                WriteObject(container);
            }

            // A time-out of one is the time-out of all; another failure may still be followed by a success.
            if (Any && (met || wait.TimedOut))
            {
                break;
            }
        }
    }
}
