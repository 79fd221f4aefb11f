using System.Globalization;
using System.Management.Automation;
using System.Text.RegularExpressions;
using Containers.Engine;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>What containers wrote, line by line.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerLog", DefaultParameterSetName = NameSet)]
[OutputType(typeof(ContainerLogEntry), typeof(string))]
public sealed class GetContainerLogCommand : ContainerTargetCmdlet
{
    // RFC 3339 with nine digits, as docker logs -t; .NET knows seven.
    private const string TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z '";

    private readonly List<ContainerTarget> _targets = [];

    private Regex? _pattern;

    /// <summary>Only the last so many lines of each container; -Pattern chooses among them.</summary>
    [Parameter, ValidateRange(0, int.MaxValue)]
    [Alias("Last")]
    public int? Tail { get; set; }

    /// <summary>Only lines since this time, or since so long ago.</summary>
    [Parameter, MomentTransformation]
    public DateTimeOffset? Since { get; set; }

    /// <summary>Only lines until this time, or until so long ago.</summary>
    [Parameter, MomentTransformation]
    public DateTimeOffset? Until { get; set; }

    /// <summary>Goes on with what comes, until the containers end.</summary>
    [Parameter]
    [Alias("Wait")]
    public SwitchParameter Follow { get; set; }

    /// <summary>Only these streams.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public LogStream[] Stream { get; set; } = [LogStream.Stdout, LogStream.Stderr];

    /// <summary>Only lines that match this regular expression, whatever the case.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Pattern { get; set; }

    /// <summary>Plain strings instead of objects.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <summary>With -Raw: the time before each line.</summary>
    [Parameter]
    public SwitchParameter Timestamps { get; set; }

    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (Pattern is not null)
        {
            try
            {
                _pattern = new Regex(Pattern, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
            }
            catch (RegexParseException e)
            {
                ThrowTerminatingError(new ErrorRecord(e, "InvalidPattern", ErrorCategory.InvalidArgument, Pattern));
            }
        }
    }

    protected override void ProcessRecord() => _targets.AddRange(Targets);

    protected override void EndProcessing()
    {
        LogQuery query = new()
        {
            Tail = Tail,
            Since = Since,
            Until = Until,
            Follow = Follow,
            Stream = Stream.Distinct().Count() == 1 ? Stream[0] : null,
        };
        if (_targets.Count == 1 && !Follow)
        {
            // One call for a whole batch: for each object it would cost more than reading it.
            TryRun(stop =>
            {
                foreach (IReadOnlyList<ContainerLogEntry> batch in Engine.ReadLogBatches(_targets[0].Id, query, stop))
                {
                    stop.ThrowIfCancellationRequested();
                    WriteObject(batch.Where(IsWanted).Select(Form), enumerateCollection: true);
                }
            });
            return;
        }

        LogMerge merge = new(WriteFailureAsError);
        TryRun(stop =>
        {
            IEnumerable<ContainerLogEntry> entries = Follow && _targets.Count > 1
                ? merge.AsTheyCome(Engine.FollowLogs([.. _targets.Select(target => target.Id)], query, stop), stop)
                : merge.ByTime([.. _targets.Select(target => Engine.ReadLog(target.Id, query, stop))]);
            foreach (ContainerLogEntry entry in entries)
            {
                stop.ThrowIfCancellationRequested();
                Write(entry);
            }
        });
    }

    private void WriteFailureAsError(EngineException failure) => WriteError(ErrorRecords.From(failure));

    private void Write(ContainerLogEntry entry)
    {
        if (IsWanted(entry))
        {
            WriteObject(Form(entry));
        }
    }

    private bool IsWanted(ContainerLogEntry entry) => _pattern is null || _pattern.IsMatch(entry.Line);

    private object Form(ContainerLogEntry entry) => !Raw
        ? entry
        : Timestamps
            ? entry.Time.UtcDateTime.ToString(TimestampFormat, CultureInfo.InvariantCulture) + entry.Line
            : entry.Line;
}
