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

    private readonly HashSet<string> _shown = new(StringComparer.Ordinal);

    private long _last;

    /// <summary>Only the steps are wanted, as objects.</summary>
    internal bool IsQuiet { get; init; }

    internal void Report(BuildEvent happened)
    {
        switch (happened)
        {
            case BuildStepStarted(var step) when !IsQuiet:
                Progress(step, "");
                break;
            case BuildOutput(var step, var line):
                cmdlet.WriteVerbose(ContainerDisplay.Plain($"[{step.Stage} {step.Number}/{step.Total}] {line}"));
                if (Environment.TickCount64 - _last > 100)
                {
                    _last = Environment.TickCount64;
                    Progress(step, line);
                }

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

    /// <summary>Takes the bars away.</summary>
    internal void Complete()
    {
        foreach (string stage in _shown)
        {
            cmdlet.WriteProgress(new ProgressRecord(_activities[stage], "Building", "Done") { RecordType = ProgressRecordType.Completed });
        }

        _shown.Clear();
    }

    public void Dispose()
    {
        // A pipeline that is stopped takes its bars away itself, and WriteProgress would throw.
        if (!cmdlet.Stopping)
        {
            Complete();
        }
    }

    private void Progress(BuildStep step, string line)
    {
        if (!_activities.TryGetValue(step.Stage, out int id))
        {
            _activities[step.Stage] = id = FirstActivity + _activities.Count;
        }

        _shown.Add(step.Stage);
        cmdlet.WriteProgress(new ProgressRecord(id, $"Building {step.Stage}", Describe(step))
        {
            CurrentOperation = ContainerDisplay.Plain(line), PercentComplete = Math.Min(100, (step.Number - 1) * 100 / Math.Max(step.Total, 1)),
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
