using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>The run as a job of the session.</summary>
public sealed partial class InvokeContainerImageCommand
{
    private ContainerJob? _job;

    /// <summary>Starts it and writes a job: Receive-Job, Wait-Job, Stop-Job, Remove-Job.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <summary>The name of the job; the container's without it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? JobName { get; set; }

    private void RunAsJob()
    {
        if (!TryRun(Launch, out ForegroundRun? run))
        {
            return;
        }

        Container started = run.Session.Container;
        string id = started.Id;
        Engine.ContainerEngine engine = Engine;
        _job = new ContainerJob(JobName ?? started.Name, ContainerDisplay.Command(started.Command, 4096), started, run, new ContainerJobActions
        {
            Stop = force => engine.Stop(id, null, null, force, CancellationToken.None),
            Suspend = () => engine.Suspend(id),
            Resume = () => engine.Resume(id),
            LastSeen = run.LastSeen,
            Results = exit => PassThru ? [run.LastSeen(exit)] : [],
            Failure = exit => exit.ExitCode != 0 && ErrorOnNonZeroExit ? ErrorRecords.ExitedNonZero(run.LastSeen(exit)) : null,
        });
        JobRepository.Add(_job);
        SessionJobs.Add(_job);
        _job.Begin();
        WriteObject(_job);
    }
}
