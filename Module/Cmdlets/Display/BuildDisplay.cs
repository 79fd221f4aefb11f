using System.Globalization;
using System.Management.Automation;
using Containers.Engine.Building;

namespace Containers.Cmdlets;

/// <summary>
/// What a person sees of a build: a line for each step that is done, with its time; a bar for each one at work, with the last line that it printed.
/// Everything that steps print goes to the verbose stream.
/// </summary>
/// <param name="passThru">Steps are written, too.</param>
internal sealed class BuildDisplay(Cmdlet cmdlet, bool passThru) : IDisposable
{
    private const string Tag = "BuildStep";

    private const int FirstActivity = 1;

    private const int LongestInstruction = 120;

    // "PSHOST" shows it at the prompt whatever $InformationPreference says, as Write-Host does.
    private static readonly string[] s_tags = ["PSHOST", Tag];

    private readonly Dictionary<string, int> _activities = new(StringComparer.Ordinal);

    private readonly Dictionary<string, Running> _running = new(StringComparer.Ordinal);

    private long _last;

    /// <summary>A step at work.</summary>
    /// <param name="Since">Milliseconds of the system's clock.</param>
    /// <param name="Status">The last line that it printed, or how far it is.</param>
    private sealed record Running(BuildStep Step, long Since, string Status);

    /// <summary>Only the steps are wanted, as objects.</summary>
    internal bool IsQuiet { get; init; }

    internal void Report(BuildEvent happened)
    {
        switch (happened)
        {
            case BuildStepStarted(var step) when !IsQuiet:
                Show(new Running(step, Environment.TickCount64, ""));
                break;
            case BuildOutput(var step, var line):
                cmdlet.WriteVerbose(ContainerDisplay.Plain($"[{step.Stage} {step.Number}/{step.Total}] {line}"));
                if (Environment.TickCount64 - _last > 100)
                {
                    _last = Environment.TickCount64;
                    Show(step, line);
                }

                break;
            case BuildDownload(var step, var received, var total) when !IsQuiet:
                Show(step, total is long all ? $"{ByteSize.Format(received)} of {ByteSize.Format(all)}" : ByteSize.Format(received));
                break;
            case BuildStepFinished(var step):
                if (!IsQuiet)
                {
                    Line(step, step.Cached ? "cached" : Time(step.Duration));
                }

                if (passThru)
                {
                    cmdlet.WriteObject(step);
                }

                break;
            case BuildStepFailed(var step) when !IsQuiet:
                Line(step, "failed after " + Time(step.Duration));
                break;
        }
    }

    /// <summary>While nothing happens: a bar that stands still looks like a build that hangs, and the host shows the last one late.</summary>
    internal void Refresh()
    {
        foreach (Running one in _running.Values)
        {
            Progress(one);
        }
    }

    /// <summary>Takes the bars away.</summary>
    internal void Complete()
    {
        foreach (string stage in _running.Keys)
        {
            cmdlet.WriteProgress(new ProgressRecord(_activities[stage], "Building", "Done") { RecordType = ProgressRecordType.Completed });
        }

        _running.Clear();
    }

    public void Dispose()
    {
        // A pipeline that is stopped takes its bars away itself, and WriteProgress would throw.
        if (!cmdlet.Stopping)
        {
            Complete();
        }
    }

    private void Show(BuildStep step, string status)
    {
        if (!IsQuiet)
        {
            Show(new Running(step, _running.TryGetValue(step.Stage, out Running? known) ? known.Since : Environment.TickCount64, status));
        }
    }

    private void Show(Running running)
    {
        _running[running.Step.Stage] = running;
        Progress(running);
    }

    /// <summary>The default view of PowerShell has room for an activity and a status, and shows nothing else.</summary>
    private void Progress(Running running)
    {
        BuildStep step = running.Step;
        if (!_activities.TryGetValue(step.Stage, out int id))
        {
            _activities[step.Stage] = id = FirstActivity + _activities.Count;
        }

        string time = Time(TimeSpan.FromMilliseconds(Environment.TickCount64 - running.Since));
        cmdlet.WriteProgress(new ProgressRecord(id, Describe(step), ContainerDisplay.Plain($"{time} {running.Status}".TrimEnd()))
        {
            PercentComplete = Math.Min(100, (step.Number - 1) * 100 / Math.Max(step.Total, 1)),
        });
    }

    private void Line(BuildStep step, string state) =>
        cmdlet.WriteInformation(new HostInformationMessage { Message = $"{Describe(step)}  {state}" }, s_tags);

    private static string Describe(BuildStep step) =>
        ContainerDisplay.Short($"[{step.Stage} {step.Number}/{step.Total}] {step.Instruction}", LongestInstruction);

    internal static string Time(TimeSpan time) => time.TotalMinutes >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes} min {time.Seconds} s")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}
