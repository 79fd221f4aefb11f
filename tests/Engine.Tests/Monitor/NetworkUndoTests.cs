using System.Diagnostics;
using System.Globalization;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;
using Xunit;

namespace Containers.Engine.Tests.Monitor;

/// <summary>What the monitor takes back at the container's end, under a lock that it shares with sessions.</summary>
public sealed class NetworkUndoTests : IDisposable
{
    private readonly MonitorRun? _run = MonitorRun.Missing is null ? new() : null;

    public void Dispose() => _run?.Dispose();

    private MonitorRun Run
    {
        get
        {
            Skip.If(_run is null, MonitorRun.Missing);
            return _run;
        }
    }

    /// <summary>A plan whose undo scripts are shell scripts; each has a file.</summary>
    private LaunchPlan Plan(string script, params string[] undo)
    {
        List<PlanUndo> all = [];
        for (int i = 0; i < undo.Length; i++)
        {
            string file = Run[string.Create(CultureInfo.InvariantCulture, $"undo{i}")];
            File.WriteAllText(file, undo[i]);
            all.Add(new PlanUndo(MonitorRun.Busybox, ["sh"], file));
        }

        return Run.Plan(script) with { NetworkLockFile = Run["network.lock"], NetworkUndo = all };
    }

    private FileLock TakeLock() => FileLock.TryTake(Run["network.lock"], TimeSpan.FromSeconds(5), CancellationToken.None)!;

    private bool Undone(int number = 0) => !File.Exists(Run[string.Create(CultureInfo.InvariantCulture, $"undo{number}")]);

    private string[] Ran => File.Exists(Run["ran"]) ? File.ReadAllLines(Run["ran"]) : [];

    [SkippableFact]
    public void Every_script_is_run_once_in_order_by_its_program_and_deleted()
    {
        Assert.Null(Run.Start(Plan(
            "exit 5", $"echo \"1 $LC_ALL $PATH\" >> {Run["ran"]}; env | wc -l >> {Run["ran"]}", $"echo 2 >> {Run["ran"]}")));
        Assert.Equal(5, Run.AwaitExit());
        Run.AwaitMonitor();
        Assert.Equal("1 C /usr/sbin:/usr/bin:/sbin:/bin", Ran[0]);
        Assert.Equal("2", Ran[^1]);
        Assert.Equal(3, Ran.Length);
        Assert.True(Undone(0) && Undone(1));
        Assert.False(Directory.Exists(Run["run"]));
        Assert.False(Run.HasLock);
    }

    [SkippableFact]
    public void A_restart_undoes_nothing()
    {
        Assert.Null(Run.Start(Plan($"test -e {Run["undo0"]} && echo there >> {Run["runs"]}; exit 1", $"echo undone >> {Run["ran"]}") with
        {
            Restart = new RestartSpec { Policy = RestartKind.OnFailure, Maximum = 2 },
        }));
        Run.AwaitMonitor();
        Assert.Equal(["there", "there", "there"], File.ReadAllLines(Run["runs"]));
        Assert.Equal(["undone"], Ran);
    }

    [SkippableFact]
    public void The_exit_is_reported_while_somebody_has_the_lock_and_the_containers_own_lock_is_kept_until_the_undo()
    {
        Assert.Null(Run.Start(Plan("sleep 60", $"echo undone >> {Run["ran"]}")));
        using (TakeLock())
        {
            Stopwatch watch = Stopwatch.StartNew();
            Run.Stop();
            Assert.InRange(watch.ElapsedMilliseconds, 0, 2000);
            Thread.Sleep(300);
            Assert.True(Run.HasLock);
            Assert.Empty(Ran);

            // It sleeps between its attempts.
            string[] fields = File.ReadAllText($"/proc/{Run.Monitor.Pid}/stat").Split(") ")[1].Split(' ');
            Assert.InRange(int.Parse(fields[11], CultureInfo.InvariantCulture) + int.Parse(fields[12], CultureInfo.InvariantCulture), 0, 5);
        }

        Run.AwaitMonitor(5);
        Assert.Equal(["undone"], Ran);
        Assert.False(Run.HasLock);
    }

    [SkippableFact]
    public void A_session_that_undid_it_first_leaves_the_monitor_nothing_to_do()
    {
        Assert.Null(Run.Start(Plan("sleep 60", $"echo undone >> {Run["ran"]}")));
        using (TakeLock())
        {
            Run.Stop();
            File.Delete(Run["undo0"]);
        }

        Run.AwaitMonitor(5);
        Assert.Empty(Ran);
    }

    [SkippableFact]
    public void Without_a_script_nobody_waits_for_the_lock()
    {
        LaunchPlan plan = Plan("sleep 60", "true");
        File.Delete(Run["undo0"]);
        Assert.Null(Run.Start(plan));
        using FileLock held = TakeLock();
        Run.Stop();
        Assert.InRange(Run.AwaitMonitor(5).TotalSeconds, 0, 3);
    }

    [SkippableFact]
    public void A_lock_that_never_comes_free_ends_the_wait_after_ten_seconds()
    {
        Assert.Null(Run.Start(Plan("sleep 60", $"echo undone >> {Run["ran"]}")));
        using FileLock held = TakeLock();
        Run.Stop();
        Assert.InRange(Run.AwaitMonitor(20).TotalSeconds, 8, 12);
        Assert.False(Undone());
        Assert.Empty(Ran);
    }

    [SkippableFact]
    public void A_missing_program_or_one_that_fails_keeps_nobody_and_the_script_stays()
    {
        LaunchPlan plan = Plan("sleep 60", "exit 1", $"echo undone >> {Run["ran"]}");
        File.WriteAllText(Run["other"], "");
        PlanUndo missing = new("/nowhere/iptables-restore", ["--noflush"], Run["other"]);
        Assert.Null(Run.Start(plan with { NetworkUndo = [missing, .. plan.NetworkUndo] }));
        Run.Stop();
        Run.AwaitMonitor(5);
        Assert.True(File.Exists(Run["other"]));
        Assert.False(Undone(0));
        Assert.True(Undone(1));
        Assert.Equal(["undone"], Ran);
    }

    [SkippableFact]
    public void A_container_that_removes_itself_has_no_rules_left_when_its_end_is_reported()
    {
        // It ends on request: the record, in which the monitor is found, goes with it.
        LaunchPlan plan = Plan($"until test -e {Run["end"]}; do sleep 0.05; done", $"echo undone >> {Run["ran"]}");
        Assert.Null(Run.Start(plan with { Flags = plan.Flags | PlanFlags.RemoveOnExit }));
        File.WriteAllText(Run["end"], "");
        Assert.Equal(0, Run.AwaitExit());
        Assert.True(Undone());
        Assert.Equal(["undone"], Ran);
        Assert.False(Directory.Exists(Run["run"]));
    }

    [SkippableFact]
    public void A_container_that_removes_itself_reports_its_end_soon_even_if_the_lock_is_taken()
    {
        LaunchPlan plan = Plan("sleep 60", $"echo undone >> {Run["ran"]}");
        Assert.Null(Run.Start(plan with { Flags = plan.Flags | PlanFlags.RemoveOnExit }));
        using (TakeLock())
        {
            Stopwatch watch = Stopwatch.StartNew();
            Run.Stop();
            Assert.InRange(watch.ElapsedMilliseconds, 0, 3000);
            Assert.True(Run.HasLock);
        }

        Run.AwaitMonitor(5);
        Assert.Equal(["undone"], Ran);
        Assert.False(Directory.Exists(Run["run"]));
    }

    [SkippableFact]
    public void The_program_is_not_run_in_the_process_namespace_that_the_container_joined()
    {
        string monitors = NetworkSandbox.Link("/proc/self/ns/pid");
        using Process other = Process.Start("unshare", ["--fork", "--pid", "--kill-child", "sleep", "60"]);
        try
        {
            int pid = 0;
            MonitorRun.Eventually(
                () => int.TryParse(
                    File.ReadAllText($"/proc/{other.Id}/task/{other.Id}/children").Trim(), CultureInfo.InvariantCulture, out pid)
                    && NetworkSandbox.Link($"/proc/{pid}/ns/pid") != monitors,
                "no process namespace");
            Assert.True(ProcessIdentity.TryRead(pid, out long start, out _));
            string undo = $"readlink /proc/$PPID/ns/pid >> {Run["ran"]}; sh -c 'echo $$' >> {Run["ran"]}";
            Assert.Null(Run.Start(Plan("sleep 60", undo) with
            {
                PidNamespace = $"/proc/{pid}/ns/pid",
                PidNamespaceProcess = new ProcessIdentity(pid, start),
            }));
            Run.Stop();
            Run.AwaitMonitor(5);
            Assert.Equal(monitors, Ran[0]);
            Assert.True(int.Parse(Ran[1], CultureInfo.InvariantCulture) > 20, "small pids are those of a new namespace: " + Ran[1]);
        }
        finally
        {
            other.Kill();
        }
    }

    [SkippableFact]
    public void A_start_that_fails_is_undone_too_when_no_session_has_the_lock()
    {
        LaunchPlan plan = Plan("true", $"echo undone >> {Run["ran"]}");
        LaunchStep missing = LaunchSteps.Execute(["nothing"], [], ["/nowhere/nothing"]);
        Assert.Equal((0, Errno.ENOENT), Run.Start(plan with { Steps = [missing] }));
        MonitorRun.Eventually(() => !Run.HasLock && !Directory.Exists(Run["run"]), "the monitor stays");
        Assert.Equal(["undone"], Ran);
    }
}
