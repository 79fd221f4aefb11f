using System.Diagnostics;
using Containers.Cmdlets.Tests.Hosting;

namespace Containers.Cmdlets.Tests.Security;

/// <summary>Floods and bombs: S52, S53.</summary>
[Collection("hosted shell")]
public sealed class ResourceAttackTests(AttackBench bench) : IClassFixture<AttackBench>
{
    [SkippableFact]
    public void S52_A_flood_of_output_fills_neither_the_disk_nor_the_monitor()
    {
        string id = bench.Start("flood", "yes flood & yes error >&2", "-LogMaximumSize 1MB -LogMaximumFile 2");
        string monitor = bench.Shell.Run("(Get-Container $args[0]).MonitorProcessId", id).Lines[0];
        Thread.Sleep(3000);

        // Files rotate away under it: until one look meets none of that.
        string look = $"du -sb '{bench.Shell.DataRoot}/containers/{id}/log' 2>/dev/null";
        long log = long.Parse(bench.Host($"n=0; until size=$({look}) || [ $((n+=1)) -ge 100 ]; do :; done; echo \"$size\" | cut -f1").Trim(), null);
        long resident = long.Parse(bench.Host($"grep VmRSS /proc/{monitor}/status | tr -dc 0-9").Trim(), null);
        int descriptors = int.Parse(bench.Host($"ls /proc/{monitor}/fd | wc -l").Trim(), null);
        Stopwatch watch = Stopwatch.StartNew();
        Assert.Empty(bench.Shell.Run("Stop-Container flood -Timeout 1").Errors);
        Assert.True(watch.Elapsed.TotalSeconds < 6, "stop took " + watch.Elapsed);
        bench.Remove("flood");
        Assert.InRange(log, 1 << 20, (2 << 20) + (1 << 17));
        Assert.InRange(resident, 1, 12 * 1024);
        Assert.InRange(descriptors, 4, 20);
    }

    [SkippableFact]
    public void S52_Sessions_that_come_and_go_leave_no_descriptor()
    {
        bench.Attack("true");
        string id = bench.Start("visited", "sleep 100");
        string monitor = bench.Shell.Run("(Get-Container $args[0]).MonitorProcessId", id).Lines[0];
        int own = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        string theirs = bench.Host($"ls /proc/{monitor}/fd | wc -l");
        for (int i = 0; i < 25; i++)
        {
            bench.Shell.Run("Send-ContainerSignal visited -Signal CONT; Suspend-Container visited; Resume-Container visited");
        }

        for (int i = 0; i < 25; i++)
        {
            bench.Attack("yes | head -n 5000");
        }

        Assert.Equal(theirs, bench.Host($"ls /proc/{monitor}/fd | wc -l"));
        bench.Remove("visited");
        Assert.InRange(Directory.GetFileSystemEntries("/proc/self/fd").Length, 1, own + 8);
    }

    [SkippableFact]
    public async Task S52_An_interrupted_reader_ends_at_once()
    {
        HostedShell shell = bench.Shell;
        bench.Image("plain");
        Task<ScriptResult> running = shell.RunAsync("Invoke-ContainerImage plain -RemoveOnExit -Command yes | ForEach-Object { $null }");
        await Task.Delay(1000);
        Stopwatch watch = Stopwatch.StartNew();
        shell.Stop();
        await running;
        Assert.True(watch.Elapsed.TotalSeconds < 5, "stop took " + watch.Elapsed);
        AttackBench.Await(() => shell.Run("Get-Container").Output.Count == 0, "the end of the container");
    }

    [SkippableFact]
    public void S53_A_fork_bomb_stays_in_its_limit_and_can_be_removed()
    {
        string id = bench.Start("bomb", "bomb() { bomb | bomb & }; bomb; trap '' TERM; while true; do sleep 1; done", "-PidsLimit 64");
        Thread.Sleep(1500);
        string pid = bench.Shell.Run("(Get-Container $args[0]).ProcessId", id).Lines[0];
        string pidNamespace = bench.Host($"readlink /proc/{pid}/ns/pid").Trim();
        string count = $"ls -l /proc/[0-9]*/ns/pid 2>/dev/null | grep -c -F '{pidNamespace}' || true";
        int processes = int.Parse(bench.Host(count).Trim(), null);
        Stopwatch watch = Stopwatch.StartNew();
        bench.Remove("bomb");
        Assert.True(watch.Elapsed.TotalSeconds < 6, "removal took " + watch.Elapsed);
        Assert.InRange(processes, 2, 64);
        Assert.Equal("0", bench.Host(count).Trim());
    }

    [SkippableFact]
    public void S53_A_tree_that_ignores_signals_ends_with_its_container()
    {
        bench.Start("deaf", "trap '' TERM INT HUP; (trap '' TERM; while true; do sleep 1; done) & while true; do sleep 1; done", "-PidMode host");
        Stopwatch watch = Stopwatch.StartNew();
        Assert.Empty(bench.Shell.Run("Stop-Container deaf -Timeout 1").Errors);
        Assert.True(watch.Elapsed.TotalSeconds < 6, "stop took " + watch.Elapsed);
        bench.Remove("deaf");
    }

    [SkippableFact]
    public void S53_A_container_has_a_limit_of_processes_without_asking()
    {
        string text = bench.Attack("ulimit -n; cat /sys/fs/cgroup/pids/pids.max 2>/dev/null || cat /sys/fs/cgroup/pids.max; umask; cat /proc/self/oom_score_adj");
        Assert.EndsWith("\n2048\n0022\n0", text, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void S53_Memory_that_a_container_may_not_have_ends_it()
    {
        ScriptResult result = bench.Shell.Run(
            $"Invoke-ContainerImage {bench.Image("plain")} -PassThru -Name hog -Memory 32MB -MemorySwap 32MB -Command sh,'-c',$args[0]",
            "exec tail -c 1000000000 /dev/zero");
        Assert.Equal("True 137", AttackBench.Text(bench.Shell.Run("$c = Get-Container hog; \"$($c.OomKilled) $($c.ExitCode)\"")));
        Assert.NotEmpty(result.Output);
        bench.Remove("hog");
    }
}
