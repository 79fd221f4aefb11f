using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>The programs as jobs of the session.</summary>
public sealed partial class InvokeContainerCommandCommand
{
    private readonly List<ContainerJob> _jobs = [];

    /// <summary>Starts it and writes a job; of several containers one job with a child for each.</summary>
    [Parameter(ParameterSetName = NameSet), Parameter(ParameterSetName = ObjectSet)]
    public SwitchParameter AsJob { get; set; }

    /// <summary>The name of the job; the container's without it.</summary>
    [Parameter(ParameterSetName = NameSet), Parameter(ParameterSetName = ObjectSet)]
    [ValidateNotNullOrEmpty]
    public string? JobName { get; set; }

    private void StartJobs()
    {
        if (HasInput && _jobs.Count > 0)
        {
            _jobs[0].Append(InputObject); // The first object started it.
            return;
        }

        if (HasInput && !TryRun(_ => OnlyTarget(), out ContainerTarget[]? _))
        {
            return;
        }

        foreach (ContainerTarget target in Targets)
        {
            if (ShouldDo(Describe(target)) && TryRun(stop => StartJob(target, stop), out ContainerJob? job))
            {
                _jobs.Add(job);
            }
        }

        if (HasInput && _jobs.Count > 0)
        {
            _jobs[0].Append(InputObject);
        }
    }

    private ContainerJob StartJob(ContainerTarget target, CancellationToken stop)
    {
        ExecSpec spec = BuildSpec() with { Interactive = HasInput, Terminal = Terminal };
        ExecRun run = new(Engine.StartExec(target.Id, spec, Warnings, stop), HasInput, inputOpen: false);
        Container container = run.Container;
        IReadOnlyList<string> command = CommandLine;
        bool passThru = PassThru;
        bool strict = ErrorOnNonZeroExit;
        return new ContainerJob(JobName ?? container.Name, ContainerDisplay.Command(command, 4096), container, run, new ContainerJobActions
        {
            Stop = _ => run.Abandon(),
            Suspend = NoSuspend,
            Resume = NoSuspend,
            LastSeen = _ => container,
            Results = exit => passThru ? [new ContainerCommandResult(container.Name, command, exit.ExitCode, exit.Signal == 0 ? null : exit.Signal)] : [],
            Failure = exit => exit.ExitCode != 0 && strict ? ErrorRecords.CommandExitedNonZero(container, command[0], exit.ExitCode) : null,
        });
    }

    private void WriteJob()
    {
        if (_jobs.Count == 0)
        {
            return;
        }

        Job whole = _jobs.Count == 1 ? _jobs[0] : new ContainerJobGroup(JobName ?? "containers", _jobs[0].Command, _jobs);
        JobRepository.Add(whole);
        foreach (ContainerJob job in _jobs)
        {
            SessionJobs.Add(job);
            job.EndInput();
            job.Begin();
        }

        WriteObject(whole);
    }

    private static void NoSuspend() => throw new EngineException(
        EngineErrorKind.NotImplemented, "ProcessNotSuspendable", "One program of a container cannot be paused, only the container.", null,
        "Use Suspend-Container.");
}
