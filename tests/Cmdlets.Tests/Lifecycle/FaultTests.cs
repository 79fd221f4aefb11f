using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Containers.Cmdlets.Tests.Lifecycle;

/// <summary>
/// Sessions, monitors and processes are killed, records are stale: the next cmdlet shows the truth and can
/// remove (F1, F2, F3, F8).
/// </summary>
public class FaultTests(ContainerHostFixture host) : LifecycleTest(host)
{
    private string Folder(string name) => Path.Combine(Host.Shell.DataRoot, "containers", Get(name, "Id"));

    private void EditState(string name, string pattern, string replacement)
    {
        string path = Path.Combine(Folder(name), "state.json");
        string text = File.ReadAllText(path);
        string changed = Regex.Replace(text, pattern, replacement);
        Assert.NotEqual(text, changed);
        File.WriteAllText(path + ".new", changed);
        File.Move(path + ".new", path, overwrite: true);
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(37)]
    [InlineData(110)]
    [InlineData(260)]
    public void A_session_killed_at_any_moment_leaves_what_can_be_shown_and_removed(int milliseconds)
    {
        Run("1");
        using OtherSession session = new(
            Host,
            "for ($i = 0; ; $i++) { $null = Invoke-ContainerImage busybox -Detach -Name \"d$i\" -Command sleep, 1000;"
            + "Invoke-ContainerImage busybox -RemoveOnExit -Command true; Restart-Container \"d$i\" -Timeout 0; Remove-Container \"d$i\" -Force }");
        Eventually(() => Host.Monitors().Any() || session.HasExited, () => "the session does nothing", 30);
        Thread.Sleep(milliseconds);
        Assert.False(session.HasExited);
        session.Kill();
        foreach (string line in Ok("Get-Container | ForEach-Object { \"$($_.State)\" }").Lines)
        {
            Assert.Contains(line, new[] { "Created", "Running", "Exited" });
        }

        Ok("Get-Container | Remove-Container -Force; $null = New-Container busybox -Name d0");
    }

    [SkippableFact]
    public void What_a_killed_session_left_of_a_container_goes_with_its_name()
    {
        Run("1");
        string made = new('a', 64);
        string removed = new('b', 64);
        Directory.CreateDirectory($"{Host.Shell.DataRoot}/containers/.new-{made}");
        Directory.CreateDirectory($"{Host.Shell.DataRoot}/trash/{removed}");
        Directory.CreateDirectory(Host.Shell.DataRoot + "/names");
        File.WriteAllText(Host.Shell.DataRoot + "/names/half", made);
        File.WriteAllText(Host.Shell.DataRoot + "/names/gone", removed);
        Ok("Get-Container");
        Assert.False(File.Exists(Host.Shell.DataRoot + "/names/half"));
        Assert.False(File.Exists(Host.Shell.DataRoot + "/names/gone"));
    }

    [SkippableFact]
    public void A_container_outlives_the_session_that_started_it_and_another_one_takes_over()
    {
        Run("1");
        using (OtherSession session = new(Host, "$null = Invoke-ContainerImage busybox -Detach -Name a -Command sh, '-c', "
            + "'trap \"echo bye; exit 3\" TERM; echo hello; while :; do sleep 0.05; done'"))
        {
            session.Finish();
            Assert.Equal("", session.Errors);
        }

        AwaitLog("a", "hello");
        Assert.Equal("Running True", Get("a", "State") + " " + Get("a", "Supervised"));
        Assert.Equal(["3"], Ok("(Stop-Container a -PassThru).ExitCode").Lines);
        Assert.Contains("bye", Log("a"));
    }

    [SkippableFact]
    public void When_the_monitor_is_killed_the_container_runs_on_and_can_be_stopped()
    {
        Detach("a", "echo before; trap 'exit 0' TERM; while :; do sleep 0.05; done", "-Hostname h");
        AwaitLog("a", "before");
        int pid = Number("a", "ProcessId");
        Kill(Number("a", "MonitorProcessId"));
        Eventually(() => Get("a", "Supervised") == "False", () => "the monitor's death is not seen");
        Assert.Equal($"Running {pid}", Get("a", "State") + " " + Get("a", "ProcessId"));
        Assert.Contains("no monitor", Get("a", "Status"), StringComparison.Ordinal);
        Assert.Equal(["before"], Log("a"));
        Fails("ContainerRunning", "Remove-Container a");
        Ok("Stop-Container a -Timeout 5");
        Assert.Equal("Exited ", Get("a", "State") + " " + Get("a", "ExitCode"));
        Assert.False(IsAlive(pid));
        Ok("Start-Container a");
        Assert.Equal("Running True", Get("a", "State") + " " + Get("a", "Supervised"));
    }

    [SkippableFact]
    public void When_the_monitor_is_killed_a_signal_and_a_forced_removal_still_work()
    {
        Detach("a");
        Detach("b");
        int[] pids = [Number("a", "ProcessId"), Number("b", "ProcessId")];
        Kill(Number("a", "MonitorProcessId"));
        Kill(Number("b", "MonitorProcessId"));
        Eventually(() => !Host.Monitors().Any(IsAlive), () => "the monitors live");
        Ok("Send-ContainerSignal a KILL");
        AwaitState("a", "Exited");
        Ok("Remove-Container b -Force");
        Eventually(() => !pids.Any(IsAlive), () => "a process is left");
    }

    [SkippableFact]
    public void When_the_process_is_killed_the_code_is_137()
    {
        Detach("a");
        Kill(Number("a", "ProcessId"));
        AwaitState("a", "Exited");
        Assert.Equal("137 9 False", Get("a", "ExitCode") + " " + Get("a", "Signal") + " " + Get("a", "OomKilled"));
    }

    [SkippableFact]
    public void When_both_are_killed_the_exit_is_unknown()
    {
        Detach("a");
        Detach("gone", parameters: "-RemoveOnExit");
        foreach (string name in new[] { "a", "gone" })
        {
            int pid = Number(name, "ProcessId");
            Kill(Number(name, "MonitorProcessId"));
            Kill(pid);
            Eventually(() => !IsAlive(pid), () => "it lives");
        }

        AwaitState("a", "Exited");
        Assert.Equal("", Get("a", "ExitCode"));
        Assert.Contains("unknown", Get("a", "Status"), StringComparison.Ordinal);
        Eventually(() => Ok("(Get-Container).Name").Lines is ["a"], () => "the container that removes itself is left");
        Ok("Start-Container a");
        Assert.Equal("Running", Get("a", "State"));
    }

    [SkippableFact]
    public void Sigterm_to_the_monitor_stops_the_container_in_order()
    {
        Detach("a", "trap 'echo bye; exit 4' TERM; echo up; while :; do sleep 0.05; done", "-RestartPolicy Always");
        AwaitLog("a", "up");
        using Process term = Process.Start("/bin/kill", $"-TERM {Get("a", "MonitorProcessId")}");
        AwaitState("a", "Exited");
        Assert.Equal("4", Get("a", "ExitCode"));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void After_a_reboot_or_with_a_reused_pid_a_stranger_is_not_signalled(bool reboot)
    {
        Detach("a", "test -e /first && exec sleep 1000; touch /first");
        AwaitState("a", "Exited");
        Eventually(() => !Host.Monitors().Any(), () => "the monitor lives");
        using Process stranger = Process.Start("/bin/sleep", "1000");
        try
        {
            string stat = File.ReadAllText($"/proc/{stranger.Id}/stat");
            string started = stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19];
            EditState("a", "\"status\":\"exited\"", "\"status\":\"running\"");
            EditState("a", "\"pid\":\\d+", $"\"pid\":{stranger.Id}");
            EditState("a", "\"pidStartTime\":\\d+", $"\"pidStartTime\":{(reboot ? started : "1")}");
            if (reboot)
            {
                EditState("a", "\"bootId\":\"[^\"]*\"", "\"bootId\":\"00000000-0000-0000-0000-000000000000\"");
            }

            Assert.Equal("Exited", Get("a", "State"));
            Assert.Equal("", Get("a", "ExitCode"));
            Fails("ContainerNotRunning", "Send-ContainerSignal a KILL");
            Ok("Stop-Container a -Force; Start-Container a");
            Assert.Equal("Running", Get("a", "State"));
            Assert.NotEqual($"{stranger.Id}", Get("a", "ProcessId"));
            Ok("Remove-Container a -Force");
            Assert.True(IsAlive(stranger.Id), "a stranger was killed");
        }
        finally
        {
            stranger.Kill();
        }
    }

    [SkippableFact]
    public void A_run_directory_that_was_emptied_hides_nothing()
    {
        Detach("a");
        int pid = Number("a", "ProcessId");
        Directory.Delete(Path.Combine(Host.Shell.RunRoot, "containers"), recursive: true);
        Assert.Equal($"Running {pid}", Get("a", "State") + " " + Get("a", "ProcessId"));
        Ok("Stop-Container a -Timeout 0.2");
        Assert.False(IsAlive(pid));
        AwaitState("a", "Exited");
    }
}
