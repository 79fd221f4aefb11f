using System.Diagnostics;
using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Lifecycle;
using Containers.Engine.Statistics;

namespace Containers.Cmdlets;

/// <summary>What containers use of the processors, the memory, the disks and the network.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "Container", DefaultParameterSetName = ContainerTargetCmdlet.NameSet)]
[OutputType(typeof(ContainerStatistic))]
public sealed class MeasureContainerCommand : ContainersCmdlet
{
    /// <summary>Long enough for the kernel's clock ticks (4 ms at most) to be a small part of it, short enough to wait for.</summary>
    private static readonly TimeSpan s_single = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(10);

    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    private readonly List<WildcardPattern> _patterns = [];

    private bool _named;

    /// <summary>Name, id or beginning of an id; wildcards match names. All that run without it.</summary>
    [Parameter(
        ParameterSetName = ContainerTargetCmdlet.NameSet, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id", "ContainerIdOrName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RunningContainerCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>A container from Get-Container.</summary>
    [Parameter(ParameterSetName = ContainerTargetCmdlet.ObjectSet, Mandatory = true, ValueFromPipeline = true)]
    [Alias("Container")]
    public Container[] InputObject { get; set; } = [];

    /// <summary>Time between two readings.</summary>
    [Parameter, TimeTransformation]
    [Alias("SampleInterval")]
    public TimeSpan? Interval { get; set; }

    /// <summary>How often.</summary>
    [Parameter, ValidateRange(1, int.MaxValue)]
    [Alias("MaxSamples")]
    public int SampleCount { get; set; } = 1;

    /// <summary>Goes on until Ctrl+C, at a prompt as a table that is redrawn.</summary>
    [Parameter]
    public SwitchParameter Continuous { get; set; }

    private TimeSpan Pause => Interval ?? (Continuous || SampleCount > 1 ? TimeSpan.FromSeconds(1) : s_single);

    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (Continuous && MyInvocation.BoundParameters.ContainsKey(nameof(SampleCount)))
        {
            ThrowTerminatingError(ErrorRecords.From(new EngineException(
                EngineErrorKind.InvalidArgument, "ParameterConflict", "-Continuous has no end, and -SampleCount is one.", SampleCount,
                "Give one of the two.")));
        }

        if (Pause < s_shortest || Pause.TotalMilliseconds > int.MaxValue)
        {
            ThrowTerminatingError(ErrorRecords.From(new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidInterval", $"{Pause} is no time between two readings.", Interval,
                "Give seconds, or text such as '500ms': 10 milliseconds at least.")));
        }
    }

    protected override void ProcessRecord()
    {
        _named |= Name.Length > 0 || InputObject.Length > 0;
        foreach (string name in Name)
        {
            if (WildcardPattern.ContainsWildcardCharacters(name))
            {
                _patterns.Add(WildcardPattern.Get(name, IgnoreCase));
            }
            else
            {
                Add(name);
            }
        }

        foreach (Container container in InputObject)
        {
            Add(container.Id);
        }
    }

    protected override void EndProcessing()
    {
        if (_named && _ids.Count == 0 && _patterns.Count == 0)
        {
            return; // What was named is not there or does not run, and that was said.
        }

        if (Continuous && PromptLine.Shows(MyInvocation) && LiveTable.TryOpen(Host, this, out LiveTable? table))
        {
            using (table)
            {
                _ = TryRun(stop => Measure(statistics => table.Draw(StatisticDisplay.Rows(statistics)), stop));
            }
        }
        else
        {
            _ = TryRun(stop => Measure(statistics => WriteObject(statistics, enumerateCollection: true), stop));
        }
    }

    private void Add(string nameOrId)
    {
        if (TryRun(_ => Engine.GetRunning(nameOrId), out Container? container))
        {
            _ = _ids.Add(container.Id);
        }
    }

    private void Measure(Action<IReadOnlyList<ContainerStatistic>> write, CancellationToken stop)
    {
        StatisticsSampler sampler = Engine.Sample();
        List<Container> wanted = Wanted();
        sampler.Begin(wanted);
        long next = Stopwatch.GetTimestamp();
        for (int sample = 0; (Continuous || sample < SampleCount) && !AllHaveEnded(wanted); sample++)
        {
            // By the clock and not by the pause: what the reading itself takes is no part of the interval.
            next += (long)(Pause.TotalSeconds * Stopwatch.Frequency);
            TimeSpan left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), next);
            if (left > TimeSpan.Zero)
            {
                _ = stop.WaitHandle.WaitOne(left);
            }
            else
            {
                next = Stopwatch.GetTimestamp();
            }

            stop.ThrowIfCancellationRequested();
            wanted = Wanted();
            write(sampler.Next(wanted));
        }
    }

    /// <summary>Of those that were named nothing more can come; of patterns, and of all, others may.</summary>
    private bool AllHaveEnded(List<Container> wanted) =>
        _named && _patterns.Count == 0 && !wanted.Exists(container => container.IsRunning || container.State == ContainerState.Restarting);

    private List<Container> Wanted() => [.. Engine.List().Where(container =>
        !_named || _ids.Contains(container.Id) || _patterns.Exists(pattern => pattern.IsMatch(container.Name)))];
}
