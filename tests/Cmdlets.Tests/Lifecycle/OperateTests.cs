using System.Diagnostics;
using System.Management.Automation;

namespace Containers.Cmdlets.Tests.Lifecycle;

/// <summary>start, stop, restart, signal, pause, wait, remove: docker's rules (cmdlets.md 1.10).</summary>
public class OperateTests(ContainerHostFixture host) : LifecycleTest(host)
{
    [SkippableFact]
    public void A_created_container_starts_and_starting_it_again_changes_nothing()
    {
        Ok("$null = New-Container busybox -Name a -Command sleep, 1000");
        Assert.Equal("Created", Get("a", "State"));
        Ok("Start-Container a");
        string pid = Get("a", "ProcessId");
        Assert.NotEqual("0", pid);
        Assert.Equal(pid, Ok("(Start-Container a -PassThru).ProcessId").Lines.Single());
    }

    [SkippableFact]
    public void Stop_sends_the_stop_signal_and_keeps_the_programs_own_exit_code()
    {
        Detach("a", "trap 'echo bye; exit 5' TERM; echo up; while :; do sleep 0.05; done");
        AwaitLog("a", "up");
        Stopwatch time = Stopwatch.StartNew();
        Assert.Equal(["5"], Ok("(Stop-Container a -PassThru).ExitCode").Lines);
        Assert.True(time.Elapsed.TotalSeconds < 5, $"{time.Elapsed}");
        Assert.Contains("bye", Log("a"));
        Ok("Stop-Container a"); // Of a stopped one: nothing to do.
    }

    [SkippableFact]
    public void A_tree_that_ignores_sigterm_is_killed_as_a_whole_after_the_timeout()
    {
        Detach("a", "trap '' TERM; (sleep 1000 & sleep 1000 & wait) & (setsid sleep 1000 &) ; echo up; while :; do sleep 0.1; done");
        AwaitLog("a", "up");
        int[] tree = [.. Controller("a", "cgroup.procs", "cgroup.procs").Split('\n').Select(int.Parse)];
        Assert.True(tree.Length >= 5, string.Join(' ', tree));
        Stopwatch time = Stopwatch.StartNew();
        Ok("Stop-Container a -Timeout 0.5");
        Assert.InRange(time.Elapsed.TotalSeconds, 0.4, 6);
        Assert.Equal(("137", "9"), (Get("a", "ExitCode"), Get("a", "Signal")));
        Eventually(() => !tree.Any(IsAlive), () => "processes are left");
    }

    [SkippableFact]
    public void Force_kills_at_once_and_another_signal_can_be_sent()
    {
        Detach("a", "trap '' TERM; trap 'exit 4' USR1; echo up; while :; do sleep 0.05; done");
        AwaitLog("a", "up");
        Assert.Equal(["4"], Ok("(Stop-Container a -Signal USR1 -PassThru).ExitCode").Lines);
        Ok("Start-Container a");
        Stopwatch time = Stopwatch.StartNew();
        Assert.Equal(["137"], Ok("(Stop-Container a -Force -PassThru).ExitCode").Lines);
        Assert.True(time.Elapsed.TotalSeconds < 4, $"{time.Elapsed}");
    }

    [SkippableFact]
    public void The_containers_own_stop_signal_and_timeout_are_used()
    {
        Detach("a", "trap 'exit 6' INT; trap '' TERM; echo up; while :; do sleep 0.05; done", "-StopSignal INT");
        Detach("b", "trap '' TERM; echo up; while :; do sleep 0.05; done", "-StopTimeout 0.3");
        AwaitLog("a", "up");
        AwaitLog("b", "up");
        Stopwatch time = Stopwatch.StartNew();
        Assert.Equal(["6", "137"], Ok("(Stop-Container a, b -PassThru).ExitCode").Lines);
        Assert.True(time.Elapsed.TotalSeconds < 6, $"{time.Elapsed}");
    }

    [SkippableFact]
    public void Restart_gives_a_new_process_and_also_starts_a_stopped_one()
    {
        Detach("a", "trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done");
        AwaitLog("a", "up");
        string before = Get("a", "ProcessId");
        Ok("Restart-Container a");
        Assert.NotEqual(before, Get("a", "ProcessId"));
        Ok("Stop-Container a -Force; Restart-Container a");
        Assert.Equal("Running", Get("a", "State"));
    }

    [SkippableFact]
    public void A_paused_container_does_nothing_and_refuses_stop_signal_and_start()
    {
        Detach("a", "i=0; while :; do i=$((i+1)); echo $i; sleep 0.02; done");
        AwaitLog("a", "3");
        Ok("Suspend-Container a");
        Assert.Equal("Paused", Get("a", "State"));
        string[] log = Log("a");
        Thread.Sleep(150);
        Assert.InRange(Log("a").Length, log.Length, log.Length + 1);
        Assert.Equal(ErrorCategory.InvalidOperation, Fails("ContainerPaused", "Stop-Container a").CategoryInfo.Category);
        Fails("ContainerPaused", "Send-ContainerSignal a KILL");
        Fails("ContainerPaused", "Start-Container a");
        Fails("ContainerPaused", "Suspend-Container a");
        Fails("ContainerRunning", "Remove-Container a");
        Ok("Resume-Container a");
        Fails("ContainerNotPaused", "Resume-Container a");
        Eventually(() => Log("a").Length > log.Length + 2, () => "it does not go on");
        Ok("Suspend-Container a; Stop-Container a -Force");
        Assert.Equal("Exited", Get("a", "State"));
    }

    [SkippableFact]
    public void A_container_that_is_being_stopped_cannot_be_paused()
    {
        Detach("a", "trap 'echo asked' TERM; echo up; while :; do sleep 0.05; done");
        AwaitLog("a", "up");
        using OtherSession stop = new(Host, "Stop-Container a -Timeout 6");
        AwaitLog("a", "asked");
        Assert.Equal(ErrorCategory.ResourceBusy, Fails("ContainerStopping", "Suspend-Container a").CategoryInfo.Category);
        Ok("Stop-Container a -Force");
        stop.Finish();
        Assert.Equal("", stop.Errors);
    }

    [SkippableFact]
    public void A_signal_reaches_the_program_and_the_default_is_kill()
    {
        Detach("a", "trap 'echo got' USR1; echo up; while :; do sleep 0.05; done");
        AwaitLog("a", "up");
        Ok("Send-ContainerSignal a usr1");
        AwaitLog("a", "got");
        Ok("Send-ContainerSignal a");
        Ok("$null = Wait-Container a -Timeout 10");
        Assert.Equal("137 9 Exited", Get("a", "ExitCode") + " " + Get("a", "Signal") + " " + Get("a", "State"));
        Fails("ContainerNotRunning", "Send-ContainerSignal a");
        Fails("ContainerNotRunning", "Suspend-Container a");
        Fails("InvalidSignal", "Send-ContainerSignal a SIGNOPE");
    }

    [SkippableFact]
    public void Wait_gives_the_exit_code_of_all_or_of_the_first()
    {
        Detach("a", "sleep 0.3; exit 7");
        Detach("b", "sleep 0.1; exit 8");
        Detach("c");
        Assert.Equal(["7", "8"], Ok("(Wait-Container a, b -Timeout 20).ExitCode | Sort-Object").Lines);
        Assert.Equal(["8"], Ok("(Wait-Container b, c -Any -Timeout 20).ExitCode").Lines);
        ErrorRecord error = Fails("WaitTimeout", "Wait-Container c -Timeout 0.2");
        Assert.Equal(ErrorCategory.OperationTimeout, error.CategoryInfo.Category);
        Assert.Equal(["Running"], Ok("(Wait-Container c -Condition Running -Timeout 5).State").Lines);
        Ok("Suspend-Container c; $null = Wait-Container c -Condition Paused -Timeout 5");
    }

    [SkippableFact]
    public void Wait_for_the_removal_of_a_container_that_removes_itself()
    {
        Detach("a", "sleep 0.3", "-RemoveOnExit");
        Ok("$null = Wait-Container a -Condition Removed -Timeout 20");
        Assert.Empty(Ok("Get-Container").Output);
    }

    [SkippableFact]
    public void A_running_container_is_removed_by_force_only()
    {
        Detach("a");
        ErrorRecord error = Fails("ContainerRunning", "Remove-Container a");
        Assert.Equal((ErrorCategory.ResourceBusy, (object)"a"), (error.CategoryInfo.Category, error.TargetObject));
        Assert.Contains("-Force", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Ok("Remove-Container a -Force -WhatIf");
        Assert.Equal("Running", Get("a", "State"));
        Ok("Remove-Container a -Force");
        Eventually(() => Host.Leftovers().Length == 0, Host.Leftovers);
    }

    [SkippableFact]
    public void What_is_not_there_is_an_error_for_a_name_and_nothing_for_a_pattern()
    {
        foreach (
            string command in new[] { "Get-Container", "Start-Container", "Stop-Container", "Remove-Container", "Restart-Container",
            "Wait-Container",
            "Suspend-Container", "Resume-Container", "Send-ContainerSignal", "Get-ContainerLog", "Set-Container -PidsLimit 5",
                "Get-ContainerPlan" })
        {
            ErrorRecord error = Fails("ContainerNotFound", command + " -Name nobody");
            Assert.Equal((ErrorCategory.ObjectNotFound, "nobody"), (error.CategoryInfo.Category, error.TargetObject?.ToString()));
            Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
            Ok(command + " -Name nobody*");
        }

        Ok("Remove-Container nobody -IgnoreMissing; Stop-Container nobody -IgnoreMissing");
    }

    [SkippableTheory]
    [InlineData("", true)]
    [InlineData("-Init", false)]
    public void Orphans_become_zombies_unless_an_init_reaps_them(string parameters, bool zombies)
    {
        Detach("a", "sh -c 'sleep 0.1 & sleep 0.1 & sleep 0.3 &'; exec sleep 1000", parameters);
        int first = Number("a", "ProcessId");
        if (zombies)
        {
            Eventually(() => Children(first).Count(pid => StateOf(pid) == "Z") == 3, () =>
                "sleep reaps nobody: there should be three zombies");
        }
        else
        {
            Eventually(() => Children(first).Length == 1, () => $"children of init: {string.Join(' ', Children(first).Select(StateOf))}");
        }
    }

    [SkippableFact]
    public void Init_passes_signals_on_and_gives_the_programs_code_back()
    {
        ScriptTimes("-Init", 143);
        Assert.Equal(9, Ok("Invoke-ContainerImage busybox -Init -Command sh, '-c', 'exit 9'").LastExitCode);
    }

    private void ScriptTimes(string parameters, int code)
    {
        Detach("a", "exec sleep 1000", parameters);
        Stopwatch time = Stopwatch.StartNew();
        Assert.Equal([$"{code}"], Ok("(Stop-Container a -PassThru).ExitCode").Lines);
        Assert.True(time.Elapsed.TotalSeconds < 5, $"{time.Elapsed}");
    }
}
