using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Observing;

/// <summary>A reboot, played: another boot id in the records, a run directory that stayed, pids that belong to strangers now (F8).</summary>
public class RebootTests(ContainerHostFixture host) : LifecycleTest(host)
{
    private const string Waits = "trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done";

    [SkippableFact]
    public void After_a_reboot_nothing_runs_and_the_policies_decide_what_is_started()
    {
        Detach("always", Waits, "-RestartPolicy Always");
        Detach("unless", Waits, "-RestartPolicy UnlessStopped");
        Detach("stopped", Waits, "-RestartPolicy UnlessStopped");
        Detach("failed", Waits, "-RestartPolicy OnFailure");
        Detach("plain", Waits);
        Ok("$null = New-Container busybox -Name made -RestartPolicy Always -Command sleep, 1000");
        AwaitLog("stopped", "up");
        Ok("Stop-Container stopped");
        string before = Get("always", "IPAddress");
        string[] running = ["always", "unless", "failed", "plain"];
        using Process stranger = Process.Start("sleep", "1000");
        try
        {
            Reboot(stranger, running);

            Assert.Equal(["Exited", "Exited", "Exited", "Exited"], Ok("(Get-Container always, unless, failed, plain).State").Lines);
            Assert.Equal("", Get("always", "ExitCode"));
            Assert.Empty(Directory.GetFiles(Path.Combine(Host.Shell.RunRoot, "network", "addresses"), before, SearchOption.AllDirectories));
            Ok("Stop-Container plain; Stop-Container -Shutdown"); // There is nothing to stop, least of all the stranger.

            Assert.Equal(["always", "failed", "unless"], Ok("(Start-Container -Policy -PassThru).Name").Lines.Order());
            Assert.Equal(
                ["always Running", "failed Running", "made Created", "plain Exited", "stopped Exited", "unless Running"],
                Ok("Get-Container | ForEach-Object { \"$($_.Name) $($_.State)\" }").Lines);
            Assert.Empty(Ok("Start-Container -Policy -PassThru").Output);
            Ok("Remove-Container plain, stopped -Force");
            Assert.False(stranger.HasExited);
        }
        finally
        {
            stranger.Kill();
        }
    }

    [SkippableFact]
    public void A_shutdown_stops_everything_at_once_and_is_not_taken_for_the_users_wish()
    {
        Detach("a", Waits, "-RestartPolicy UnlessStopped");
        Detach("b", "trap '' TERM; echo up; while :; do sleep 0.05; done", "-RestartPolicy Always -StopTimeout 0.7");
        Detach("c", "trap '' TERM; echo up; while :; do sleep 0.05; done", "-StopTimeout 0.7");
        foreach (string name in (string[])["a", "b", "c"])
        {
            AwaitLog(name, "up");
        }

        Stopwatch time = Stopwatch.StartNew();
        Assert.Equal(["a", "b", "c"], Ok("(Stop-Container -Shutdown -PassThru).Name").Lines.Order());
        Assert.InRange(time.Elapsed.TotalSeconds, 0.6, 10);
        Assert.Equal(("0", "137", "False"), (Get("a", "ExitCode"), Get("b", "ExitCode"), Get("a", "StoppedByUser")));

        Assert.Equal(["a", "b"], Ok("Start-Container -Policy -WhatIf; (Start-Container -Policy -PassThru).Name").Lines.Order());
        Assert.Equal("Exited", Get("c", "State"));
        Ok("Stop-Container a, b -Force");
        Assert.Equal("True", Get("a", "StoppedByUser"));
        Assert.Equal(["b"], Ok("(Start-Container -Policy -PassThru).Name").Lines);
    }

    [SkippableFact]
    public void The_unit_is_written_as_it_would_be_and_removed()
    {
        string directory = Path.Combine(Host.Shell.DataRoot, "units");
        Ok("Install-ContainerUnit -Path $args[0] -PowerShellPath /bin/sh -WhatIf", directory);
        Assert.False(Directory.Exists(directory));
        string path = Ok("(Install-ContainerUnit -Path $args[0] -PowerShellPath /bin/sh).Path", directory).Lines.Single();
        string text = File.ReadAllText(path);
        Assert.Contains("ExecStart=\"/bin/sh\" ", text, StringComparison.Ordinal);
        Assert.Contains($"CONTAINERS_DATA_ROOT={Host.Shell.DataRoot}", text, StringComparison.Ordinal);
        Assert.Contains("/Containers.psd1\"", text, StringComparison.Ordinal);
        Ok("Uninstall-ContainerUnit -Path $args[0]", directory);
        Fails("UnitNotFound", "Uninstall-ContainerUnit -Path $args[0]", directory);
        Directory.Delete(directory, recursive: true);
    }

    /// <summary>Ends monitors and containers without a word, and makes their records those of another boot, with a stranger's pid in them.</summary>
    private void Reboot(Process stranger, string[] names)
    {
        string[] stat = File.ReadAllText($"/proc/{stranger.Id}/stat").Split(") ")[^1].Split(' ');
        long startTime = long.Parse(stat[19], CultureInfo.InvariantCulture);

        // No cmdlet between the kills and the records: it would clear up, and a reboot leaves nobody to do that.
        (int Monitor, int Process, string Id)[] all =
            [.. names.Select(name => (Number(name, "MonitorProcessId"), Number(name, "ProcessId"), Get(name, "Id")))];
        foreach ((int monitor, int process, string id) in all)
        {
            Kill(monitor);
            Kill(process);
            Eventually(() => !IsAlive(process), () => $"{id} is not dead");
            Assert.True(Directory.Exists(Path.Combine(Host.Shell.RunRoot, "containers", id)));
            string file = Path.Combine(Host.Shell.DataRoot, "containers", id, "state.json");
            JsonNode state = JsonNode.Parse(File.ReadAllText(file))!;
            state["status"] = "running";
            state["bootId"] = "00000000-0000-0000-0000-000000000000";
            state["pid"] = stranger.Id;
            state["pidStartTime"] = startTime;
            state["monitorPid"] = stranger.Id;
            state["monitorStartTime"] = startTime;
            File.WriteAllText(file + ".new", state.ToJsonString());
            File.Move(file + ".new", file, overwrite: true);
        }
    }
}
