using System.Management.Automation;
using System.Text.RegularExpressions;
using Containers.Engine;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>Waits until containers are in a state.</summary>
[Cmdlet(VerbsLifecycle.Wait, "Container", DefaultParameterSetName = NameSet)]
[OutputType(typeof(Container))]
public sealed class WaitContainerCommand : ContainerTargetCmdlet
{
    private readonly List<ContainerTarget> _targets = [];

    private WaitRequest _request = new();

    /// <summary>What to wait for; of several, any.</summary>
    [Parameter, ValidateNotNullOrEmpty]
    public WaitCondition[] Condition { get; set; } = [WaitCondition.Stopped];

    /// <summary>Something listens at these ports of the container: 80, 53/udp.</summary>
    [Parameter, ValidateNotNullOrEmpty]
    public string[] Port { get; set; } = [];

    /// <summary>A line of the run's output matches this regular expression, whatever the case.</summary>
    [Parameter, ValidateNotNullOrEmpty]
    public string? LogPattern { get; set; }

    /// <summary>After this time an error is written instead.</summary>
    [Parameter, TimeTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>The first of them is enough.</summary>
    [Parameter]
    public SwitchParameter Any { get; set; }

    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        try
        {
            _request = new WaitRequest
            {
                Conditions = MyInvocation.BoundParameters.ContainsKey(nameof(Condition)) ? Condition : [],
                Ports = [.. Port.SelectMany(PortSelection.Parse)],
                LogPattern = LogPattern is null ? null : new Regex(LogPattern, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant),
                Timeout = Timeout,
            };
        }
        catch (EngineException e)
        {
            ThrowTerminatingError(ErrorRecords.From(e));
        }
        catch (RegexParseException e)
        {
            ThrowTerminatingError(new ErrorRecord(e, "InvalidPattern", ErrorCategory.InvalidArgument, LogPattern));
        }
    }

    protected override void ProcessRecord() => _targets.AddRange(Targets);

    protected override void EndProcessing()
    {
        // All are watched from the beginning on: one after the other, a short run of the second would be missed.
        using ParallelWait wait = new(_targets.Count, Stop);
        foreach (ContainerTarget target in _targets)
        {
            wait.Begin(stop => Engine.Wait(target.Id, _request, stop));
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
