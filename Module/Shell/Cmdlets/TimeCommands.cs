using System.Globalization;
using System.Management.Automation;

namespace Containers.Shell.Cmdlets;

[Cmdlet(VerbsLifecycle.Start, "Sleep", DefaultParameterSetName = "Seconds")]
public sealed class StartSleepCommand : PSCmdlet, IDisposable
{
    private readonly ManualResetEventSlim _stop = new();

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Seconds", ValueFromPipeline = true)]
    [ValidateRange(0.0, int.MaxValue / 1000)]
    public double Seconds { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "Milliseconds"), Alias("ms"), ValidateRange(0, int.MaxValue)]
    public int Milliseconds { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "Duration"), Alias("ts")]
    public TimeSpan Duration { get; set; }

    protected override void ProcessRecord() => _stop.Wait(ParameterSetName switch
    {
        "Milliseconds" => TimeSpan.FromMilliseconds(Milliseconds),
        "Duration" => Duration,
        _ => TimeSpan.FromSeconds(Seconds),
    });

    protected override void StopProcessing() => _stop.Set();

    public void Dispose() => _stop.Dispose();
}

[Cmdlet(VerbsCommon.Get, "Date")]
[OutputType(typeof(DateTime), typeof(string))]
public sealed class GetDateCommand : PSCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true)]
    public DateTime? Date { get; set; }

    [Parameter]
    public string? Format { get; set; }

    [Parameter]
    public string? UFormat { get; set; }

    [Parameter]
    public SwitchParameter AsUTC { get; set; }

    protected override void ProcessRecord()
    {
        if (UFormat is not null && UFormat is not ("%s" or "+%s"))
        {
            PSNotSupportedException error = new("containers-shell knows only -UFormat %s. Use -Format.");
            ThrowTerminatingError(new ErrorRecord(error, "UnsupportedFormat", ErrorCategory.NotImplemented, UFormat));
        }

        DateTime date = Date ?? DateTime.Now;
        date = AsUTC ? date.ToUniversalTime() : date;
        WriteObject(UFormat is not null ? new DateTimeOffset(date).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)
            : Format is null ? date
            : date.ToString(Format, CultureInfo.CurrentCulture));
    }
}
