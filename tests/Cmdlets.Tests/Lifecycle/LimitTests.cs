using System.Globalization;
using System.Management.Automation;
using Containers.Cmdlets.Tests.Hosting;

namespace Containers.Cmdlets.Tests.Lifecycle;

/// <summary>Limits, read back from the controllers' files and felt inside.</summary>
public class LimitTests(ContainerHostFixture host) : LifecycleTest(host)
{
    [SkippableFact]
    public void A_memory_hog_is_killed_and_the_container_says_why()
    {
        ScriptResult result = Ok(
            "Invoke-ContainerImage busybox -Name hog -PassThru -Memory 16MB -MemorySwap 16MB -Command dd, if=/dev/zero, of=/dev/null, bs=100M, count=1");
        PSObject container = result.Output[^1];
        Assert.Equal((137, true), ((int)container.Properties["ExitCode"].Value, (bool)container.Properties["OomKilled"].Value));
        Assert.Equal("True 137", Get("hog", "OomKilled") + " " + Get("hog", "ExitCode"));
        Ok("$null = Set-Container hog -Memory 256MB -MemorySwap 256MB -PassThru; Start-Container hog; $null = Wait-Container hog -Timeout 20");
        AwaitState("hog", "Exited");
        Assert.Equal("False 0", Get("hog", "OomKilled") + " " + Get("hog", "ExitCode"));
    }

    [SkippableFact]
    public void Limits_stand_in_the_files_of_the_controllers_and_change_while_it_runs()
    {
        Detach("a", parameters: "-Memory 64MB -PidsLimit 20 -CpuShares 512 -Cpu 0.5");
        Assert.Equal("67108864", Controller("a", "memory.limit_in_bytes", "memory.max"));
        Assert.Equal("20", Controller("a", "pids.max", "pids.max"));
        Assert.StartsWith("50000", Controller("a", "cpu.cfs_quota_us", "cpu.max"), StringComparison.Ordinal);
        Ok("Set-Container a -Memory 32MB -MemorySwap 32MB -PidsLimit 7 -Cpu 0.25");
        Assert.Equal("33554432", Controller("a", "memory.limit_in_bytes", "memory.max"));
        Assert.Equal("7", Controller("a", "pids.max", "pids.max"));
        Assert.StartsWith("25000", Controller("a", "cpu.cfs_quota_us", "cpu.max"), StringComparison.Ordinal);
        Ok("Set-Container a -Memory 128MB -MemorySwap 256MB");
        Assert.Equal("134217728", Controller("a", "memory.limit_in_bytes", "memory.max"));
        Ok("Stop-Container a -Force; Start-Container a");
        Assert.Equal("7", Controller("a", "pids.max", "pids.max"));
        Fails("InvalidMemoryLimit", "Set-Container a -Memory 1000");
        Assert.Equal("134217728", Controller("a", "memory.limit_in_bytes", "memory.max"));
    }

    [SkippableFact]
    public void Limits_are_seen_from_inside()
    {
        Assert.Equal(["33554432"], InContainer(
            "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max", "-Memory 32MB"));
        Assert.Equal(["no"], InContainer(
            "f=/sys/fs/cgroup/memory/memory.limit_in_bytes; test -e $f || f=/sys/fs/cgroup/memory.max; (echo -1 > $f) 2>/dev/null && echo yes || echo no",
            "-Memory 32MB"));
    }

    [SkippableFact]
    public void A_fork_bomb_stays_under_its_limit_and_can_be_removed()
    {
        Detach("bomb", "f() { f | f & }; f; while :; do sleep 0.1; done", "-PidsLimit 15");
        Eventually(
            () => Controller("bomb", "pids.events", "pids.events").Split(' ')[^1] is not "0", () => "the limit was never reached");
        Assert.InRange(int.Parse(Controller("bomb", "pids.current", "pids.current"), CultureInfo.InvariantCulture), 1, 15);
        Ok("Remove-Container bomb -Force");
        Eventually(() => Host.Leftovers().Length == 0, Host.Leftovers);
    }

    [SkippableFact]
    public void Without_a_word_there_is_a_limit_of_processes()
    {
        Detach("a");
        Assert.Equal("2048", Controller("a", "pids.max", "pids.max"));
    }

    [SkippableFact]
    public void A_quota_slows_a_busy_loop_down()
    {
        Detach("a", "while :; do :; done", "-CpuQuota 10000 -CpuPeriod 100000");
        string id = Get("a", "Id");
        string[] files =
        [
            .. ContainerHostFixture.CgroupDirectories(Host.CgroupParent).Select(parent => Path.Combine(parent, id, "cpu.stat"))
                .Where(File.Exists),
        ];
        Eventually(
            () => files.SelectMany(File.ReadLines).Any(line =>
                line.StartsWith("nr_throttled ", StringComparison.Ordinal) && line[13..] is not "0"),
            () => string.Join('\n', files.SelectMany(File.ReadLines)));
    }

    [SkippableFact]
    public void A_restart_policy_is_changed_while_it_runs()
    {
        Detach("a", "sleep 0.5; exit 1");
        Ok("Set-Container a -RestartPolicy OnFailure -RestartMaximum 1");
        Eventually(() => Number("a", "RestartCount") == 1, () => "it was not restarted");
        AwaitState("a", "Exited");
        Assert.Equal("1", Get("a", "RestartCount"));
        Fails("InvalidRestartMaximum", "Set-Container a -RestartPolicy Always -RestartMaximum 3");
    }
}
