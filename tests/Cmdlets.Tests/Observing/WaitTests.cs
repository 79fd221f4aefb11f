using System.Diagnostics;
using System.Management.Automation;
using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Observing;

/// <summary>Wait-Container for ports and lines.</summary>
public class WaitTests(ContainerHostFixture host) : LifecycleTest(host)
{
    [SkippableFact]
    public void A_port_is_waited_for_until_somebody_listens_there()
    {
        Stopwatch time = Stopwatch.StartNew();
        Detach("a", "sleep 0.4; exec nc -l -p 8080");
        Assert.Equal(["Running"], Ok("(Wait-Container a -Port 8080 -Timeout 20).State").Lines);
        Assert.InRange(time.Elapsed.TotalSeconds, 0.35, 15);
        Assert.Equal("Running", Get("a", "State")); // nc ends after one connection: nobody has made it.
        Ok("$null = Wait-Container a -Port 8080/tcp -Timeout 5");
    }

    [SkippableFact]
    public void A_line_counts_whether_it_comes_or_was_written_before_but_not_that_of_an_earlier_run()
    {
        Detach("a", "echo \"$(date) READY at $(cut -d' ' -f1 /proc/uptime)\"; sleep 0.5; echo second; exec sleep 1000");
        Ok("$null = Wait-Container a -LogPattern 'ready at' -Timeout 10; $null = Wait-Container a -LogPattern second -Timeout 10");
        Ok("Stop-Container a -Force; Start-Container a");
        Stopwatch time = Stopwatch.StartNew();
        Ok("$null = Wait-Container a -LogPattern second -Timeout 10");
        Assert.True(time.Elapsed.TotalSeconds > 0.2, $"the line of the run before was taken: {time.Elapsed}");
    }

    [SkippableFact]
    public void A_container_that_ends_first_ends_the_wait_with_its_exit_code()
    {
        Detach("a", "sleep 0.3; exit 7");
        Stopwatch time = Stopwatch.StartNew();
        ErrorRecord port = Fails("ContainerEndedEarly", "Wait-Container a -Port 80 -Timeout 60");
        Assert.Contains("exit code 7", port.ToString(), StringComparison.Ordinal);
        Assert.Contains("port 80/tcp", port.ToString(), StringComparison.Ordinal);
        Assert.Equal("a", port.TargetObject);
        Fails("ContainerEndedEarly", "Wait-Container a -LogPattern never -Timeout 60");
        Assert.True(time.Elapsed.TotalSeconds < 20, $"{time.Elapsed}");
    }

    [SkippableFact]
    public void The_time_out_names_what_is_missing_and_several_conditions_hold_together()
    {
        Detach("a", "echo ready; exec nc -l -p 81");
        ErrorRecord error = Fails("WaitTimeout", "Wait-Container a -Port 81, 82, 53/udp -LogPattern READY -Timeout 0.6");
        Assert.Contains("port 82/tcp and port 53/udp", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("81", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(ErrorCategory.OperationTimeout, error.CategoryInfo.Category);
        Ok("$null = Wait-Container a -Port 81 -LogPattern '^ready$' -Condition Running -Timeout 10");
    }

    [SkippableFact]
    public void Of_several_conditions_any_ends_the_wait()
    {
        Detach("a", parameters: "-Network none");
        Assert.Equal(["Running"], Ok("(Wait-Container a -Condition Stopped, Running -Timeout 5).State").Lines);
        Fails("WaitTimeout", "Wait-Container a -Condition Stopped, Paused -Timeout 0.3");
        Assert.Contains("not Stopped or Paused", Fails("WaitTimeout", "Wait-Container a -Condition Stopped, Paused -Timeout 0.1").ToString(), StringComparison.Ordinal);
        Ok("Suspend-Container a");
        Assert.Equal(["Paused"], Ok("(Wait-Container a -Condition Stopped, Paused -Timeout 5).State").Lines);
        Ok("Resume-Container a");
        Task<ScriptResult> running = Host.Shell.RunAsync("(Wait-Container a -Condition Stopped, Exited, Paused -Timeout 20).State");
        Thread.Sleep(300);
        using OtherSession other = new(Host, "Stop-Container a -Force");
        Assert.Equal(["Exited"], running.Result.Lines);
        Fails("WaitConflict", "Wait-Container a -Port 80 -Condition Running, Stopped");
    }

    [SkippableTheory]
    [InlineData("New-Container busybox -PullPolicy Missing, Always")]
    [InlineData("New-Container busybox -PullPolicy 'Missing,Always'")]
    [InlineData("New-Container busybox -RestartPolicy on-failure, always")]
    [InlineData("New-Container busybox -LogDriver JsonFile, Journald")]
    [InlineData("New-Container busybox -ImageVolume Tmpfs, Ignore")]
    [InlineData("New-Container busybox -HealthOnFailure Stop, Restart")]
    [InlineData("New-ContainerNetwork n -Driver Bridge, None")]
    [InlineData("New-ContainerNetwork n -GatewayMode Nat, Routed")]
    [InlineData("Request-ContainerImage busybox -Policy Missing, Always")]
    [InlineData("Submit-ContainerImage busybox -Compression Gzip, Zstd")]
    [InlineData("Export-ContainerImage busybox x.tar -Compression Gzip, None")]
    [InlineData("Export-ContainerImage busybox x.tar -Format OciArchive, OciDirectory")]
    [InlineData("Set-ContainerHost -LogDriver JsonFile, Journald")]
    public void Several_words_where_one_is_meant_are_refused_and_no_third_one(string command)
    {
        ErrorRecord error = Fails("ParameterArgumentTransformationError", command);
        Assert.Contains("are several", error.ToString(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void What_cannot_be_waited_for_is_refused()
    {
        Detach("a", parameters: "-Network none");
        Fails("WaitConflict", "Wait-Container a -Port 80 -Condition Stopped");
        Fails("PortNotObservable", "Wait-Container a -Port 80/sctp");
        Fails("InvalidPortSpecification", "Wait-Container a -Port nothing");
        Fails("InvalidPattern", "Wait-Container a -LogPattern '('");
        Fails("ContainerNotFound", "Wait-Container nobody -Port 80");
    }

    [SkippableFact]
    public async Task Ctrl_C_ends_a_wait_for_a_line()
    {
        Detach("a", parameters: "-Network none");
        Task<ScriptResult> running = Host.Shell.RunAsync("Wait-Container a -LogPattern never");
        await Task.Delay(500);
        Stopwatch time = Stopwatch.StartNew();
        Host.Shell.Stop();
        Assert.True((await running).Stopped);
        Assert.True(time.Elapsed.TotalSeconds < 2, $"{time.Elapsed}");
    }
}
