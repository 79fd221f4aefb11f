using System.Management.Automation;

namespace Containers.Cmdlets;

/// <summary>The same command in several containers as one job: it has ended when all have, and failed when one has.</summary>
public sealed class ContainerJobGroup : Job
{
    internal ContainerJobGroup(string name, string command, IReadOnlyCollection<ContainerJob> jobs)
        : base(command, name)
    {
        PSJobTypeName = nameof(ContainerJob);
        PSBeginTime = DateTime.Now;
        SetJobState(JobState.Running);
        foreach (ContainerJob job in jobs)
        {
            ChildJobs.Add(job);
            job.StateChanged += (_, _) => Look();
        }
    }

    public override string Location => string.Join(',', ChildJobs.Select(job => job.Location));

    public override string StatusMessage => string.Join(", ", ChildJobs.Select(job => job.StatusMessage).Where(text => text.Length > 0));

    public override bool HasMoreData => ChildJobs.Any(job => job.HasMoreData);

    /// <summary>All at once: each may take its time to end.</summary>
    public override void StopJob()
    {
        Thread[] threads = [.. ChildJobs.Select(job => new Thread(job.StopJob) { IsBackground = true, Name = "Container job" })];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Look();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (Job job in ChildJobs)
            {
                job.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    private void Look()
    {
        lock (ChildJobs)
        {
            JobState[] states = [.. ChildJobs.Select(job => job.JobStateInfo.State)];
            if (JobStateInfo.State == JobState.Running && states.All(state => state is JobState.Completed or JobState.Failed or JobState.Stopped))
            {
                PSEndTime = DateTime.Now;
                SetJobState(states.Contains(JobState.Failed) ? JobState.Failed : states.Contains(JobState.Stopped) ? JobState.Stopped : JobState.Completed);
            }
        }
    }
}
