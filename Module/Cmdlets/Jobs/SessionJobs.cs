using System.Management.Automation.Runspaces;

namespace Containers.Cmdlets;

/// <summary>
/// The jobs of each session. PowerShell forgets jobs when a session ends; here something runs that would go on, without anybody to read it: it is
/// ended as it would be in the foreground, all of it at once.
/// </summary>
internal static class SessionJobs
{
    private static readonly Lock s_gate = new();

    private static readonly Dictionary<Runspace, List<ContainerJob>> s_jobs = [];

    internal static void Add(ContainerJob job)
    {
        Runspace session = Runspace.DefaultRunspace;
        lock (s_gate)
        {
            if (!s_jobs.TryGetValue(session, out List<ContainerJob>? jobs))
            {
                s_jobs[session] = jobs = [];
                session.StateChanged += OnStateChanged;
            }

            jobs.RemoveAll(one => one.IsFinished);
            jobs.Add(job);
        }
    }

    private static void OnStateChanged(object? sender, RunspaceStateEventArgs e)
    {
        if (e.RunspaceStateInfo.State is not (RunspaceState.Closing or RunspaceState.Closed or RunspaceState.Broken))
        {
            return;
        }

        List<ContainerJob>? jobs;
        lock (s_gate)
        {
            _ = s_jobs.Remove((Runspace)sender!, out jobs);
        }

        Thread[] threads = [.. (jobs ?? []).Select(job => new Thread(job.Abandon) { IsBackground = true, Name = "Container job" })];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
    }
}
