using System.Diagnostics;
using System.Management.Automation;

namespace Containers.Cmdlets.Tests.Lifecycle;

public sealed class HealthTests(ContainerHostFixture host) : LifecycleTest(host)
{
    [SkippableFact]
    public void A_container_is_starting_then_healthy_then_unhealthy_and_tells_so()
    {
        Detach("fickle", "touch /well; exec sleep 1000", "-HealthCommand 'test -e /well && echo fine' -HealthInterval 0.2 -HealthRetries 2");
        Assert.Contains("(health: starting)", Get("fickle", "Status"), StringComparison.Ordinal);
        Ok("$null = Wait-Container fickle -Condition Healthy -Timeout 10");
        Assert.Equal("Healthy", Get("fickle", "Health"));
        Assert.EndsWith(" (healthy)", Get("fickle", "Status"), StringComparison.Ordinal);
        Assert.Equal(["fickle"], Ok("(Get-Container -Health Healthy).Name").Lines);

        Ok("Invoke-ContainerCommand fickle rm /well; $null = Wait-Container fickle -Condition Unhealthy -Timeout 10");
        Assert.EndsWith(" (unhealthy)", Get("fickle", "Status"), StringComparison.Ordinal);
        Assert.Empty(Ok("Get-Container -Health Healthy, Starting").Output);
        Assert.Equal(
            ["healthy", "unhealthy"], Ok("(Get-ContainerEvent fickle -Event health_status).Attributes | ForEach-Object { $_['healthStatus'] }").Lines);
    }

    [SkippableFact]
    public void A_check_now_gives_exit_code_output_and_duration_and_counts()
    {
        Detach("a", parameters: "-HealthCommand 'cat /status; exit $(cat /code)' -HealthInterval 1h -HealthRetries 1");
        Ok("Invoke-ContainerCommand a sh, '-c', 'echo all well > /status; echo 0 > /code'");
        PSObject well = Assert.Single(Ok("Test-ContainerHealth a").Output);
        Assert.Equal((0, "all well\n", true, "Healthy"), Values(well));
        Assert.InRange((TimeSpan)well.Properties["Duration"].Value, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.Equal("Healthy", Get("a", "Health"));

        Ok("Invoke-ContainerCommand a sh, '-c', 'printf \"\\\\001\\\\377\\\"ill\" > /status; echo 7 > /code'");
        Assert.Equal((7, "\u0001\ufffd\"ill", false, "Unhealthy"), Values(Assert.Single(Ok("Test-ContainerHealth a").Output)));
        Assert.Equal(["0", "7"], Ok("(Test-ContainerHealth a -History).ExitCode").Lines);
    }

    [SkippableFact]
    public void A_check_that_hangs_is_killed_with_everything_it_started()
    {
        Detach("a", parameters: "-HealthCommand 'echo begun; setsid sleep 1001 & sleep 1002 & sleep 1003' -HealthInterval 1h -HealthTimeout 0.7 -HealthRetries 1");
        Stopwatch watch = Stopwatch.StartNew();
        PSObject result = Assert.Single(Ok("Test-ContainerHealth a").Output);

        Assert.InRange(watch.ElapsedMilliseconds, 600, 8000);
        Assert.Null(result.Properties["ExitCode"].Value);
        Assert.Equal("The check did not end within 0.7 s. begun\n", result.Properties["Output"].Value);
        Assert.Equal("Unhealthy", result.Properties["Status"].Value.ToString());
        Assert.DoesNotContain(Ok("Invoke-ContainerCommand a ps").Lines, line => line.Contains("sleep 100", StringComparison.Ordinal)
            && !line.Contains("sleep 1000", StringComparison.Ordinal));
    }

    [SkippableFact]
    public void A_check_that_cannot_be_started_has_failed_and_says_why()
    {
        Detach("a", parameters: "-HealthCommand '/no/such', 'program' -HealthInterval 1h -HealthRetries 1");
        PSObject result = Assert.Single(Ok("Test-ContainerHealth a").Output);

        Assert.Null(result.Properties["ExitCode"].Value);
        Assert.Equal("The check could not be started: No such file or directory.", result.Properties["Output"].Value);
        Assert.Equal("Unhealthy", Get("a", "Health"));
    }

    [SkippableFact]
    public void Four_kilobytes_of_the_output_and_five_results_are_kept()
    {
        Detach("a", parameters: "-HealthCommand 'yes äöü | head -c 300000' -HealthInterval 0.1");
        Ok("$null = Wait-Container a -Condition Healthy -Timeout 10; Start-Sleep -Seconds 2");
        PSObject[] results = [.. Ok("Test-ContainerHealth a -History").Output];

        Assert.Equal(5, results.Length);
        Assert.All(results, result => Assert.StartsWith("äöü\näöü\n", (string)result.Properties["Output"].Value, StringComparison.Ordinal));
        Assert.All(results, result => Assert.InRange(System.Text.Encoding.UTF8.GetByteCount((string)result.Properties["Output"].Value), 4090, 4100));
        Assert.All(results, result => Assert.Equal(0, result.Properties["ExitCode"].Value));
    }

    [SkippableFact]
    public void A_running_container_gets_another_check_other_times_or_none()
    {
        Detach("a", "touch /one; exec sleep 1000", "-HealthCommand 'test -e /one' -HealthInterval 1h");
        Assert.Equal("Starting", Get("a", "Health"));

        Ok("Set-Container a -HealthInterval 0.1"); // The same check, sooner.
        Ok("$null = Wait-Container a -Condition Healthy -Timeout 10");
        Ok("Set-Container a -HealthRetries 1");
        Assert.Equal("Healthy", Get("a", "Health"));

        Ok("Set-Container a -HealthCommand 'echo second; test -e /two'"); // Another one: nothing is known any more.
        Ok("$null = Wait-Container a -Condition Unhealthy -Timeout 10");
        Assert.Equal(["second\n"], Ok("(Test-ContainerHealth a -History)[-1].Output").Output.Select(output => output.ToString()));
        Ok("Invoke-ContainerCommand a touch /two; $null = Wait-Container a -Condition Healthy -Timeout 10");

        Ok("Set-Container a -NoHealthCheck");
        Assert.Equal("None", Get("a", "Health"));
        Fails("NoHealthCheck", "Test-ContainerHealth a");
        Fails("NoHealthCheck", "Set-Container a -HealthInterval 5");
        Fails("InvalidHealthCheck", "Set-Container a -HealthCommand true -HealthInterval 400d");
        Assert.Equal("None", Get("a", "Health"));

        Ok("Set-Container a -HealthCommand 'test -e /three' -HealthInterval 0.1 -HealthRetries 1 -HealthOnFailure Kill"); // One where there was none.
        AwaitState("a", "Exited");
        Ok("Set-Container a -HealthOnFailure None -HealthCommand true; Start-Container a; $null = Wait-Container a -Condition Healthy -Timeout 10");
    }

    [SkippableFact]
    public void A_check_that_runs_when_another_one_is_set_is_ended_and_counts_for_nothing()
    {
        Detach("a", parameters: "-HealthCommand 'sleep 1001; exit 1' -HealthInterval 0.1 -HealthTimeout 1h -HealthRetries 1");
        Eventually(() => Ok("Invoke-ContainerCommand a ps").Lines.Any(line => line.Contains("sleep 1001", StringComparison.Ordinal)), () => "the check does not begin");
        Ok("Set-Container a -HealthCommand 'true'; $null = Wait-Container a -Condition Healthy -Timeout 10");
        Assert.DoesNotContain(Ok("Invoke-ContainerCommand a ps").Lines, line => line.Contains("sleep 1001", StringComparison.Ordinal));
        Assert.All(Ok("(Test-ContainerHealth a -History).ExitCode").Lines, code => Assert.Equal("0", code));

        Ok("Set-Container a -HealthCommand 'sleep 1002; exit 1'");
        Eventually(() => Ok("Invoke-ContainerCommand a ps").Lines.Any(line => line.Contains("sleep 1002", StringComparison.Ordinal)), () => "the check does not begin");
        Ok("Set-Container a -NoHealthCheck");
        Eventually(() => !Ok("Invoke-ContainerCommand a ps").Lines.Any(line => line.Contains("sleep 1002", StringComparison.Ordinal)), () => "the check goes on");
        Assert.Equal("None", Get("a", "Health"));
    }

    [SkippableFact]
    public void Variables_and_limits_of_processes_are_those_of_programs_started_from_then_on()
    {
        Detach("a", "echo $A-$B-$(ulimit -n); exec sleep 1000", "-Environment @{A = 1} -Ulimit @{nofile = 100}");
        AwaitLog("a", "1--100");
        Ok("Set-Container a -Environment @{A = 2; B = 3} -Ulimit @{nofile = '50:60'}");
        Assert.Equal(["2-3-50"], Ok("Invoke-ContainerCommand a sh, '-c', 'echo $A-$B-$(ulimit -n)'").Lines);
        Ok("Restart-Container a -Timeout 0");
        AwaitLog("a", "2-3-50");
        Fails("InvalidUlimit", "Set-Container a -Ulimit @{nofile = 'many'}");
        Fails("InvalidEnvironment", "Set-Container a -Environment @{'A=B' = 1}");
    }

    [SkippableFact]
    public void A_paused_container_is_not_checked()
    {
        Detach("a", parameters: "-HealthCommand 'echo x >> /checks' -HealthInterval 0.1");
        Ok("$null = Wait-Container a -Condition Healthy -Timeout 10; Suspend-Container a; Start-Sleep -Milliseconds 300");
        string before = Ok("(Test-ContainerHealth a -History)[-1].Started.Ticks").Lines[0];
        Ok("Start-Sleep -Milliseconds 600");
        Assert.Equal(before, Ok("(Test-ContainerHealth a -History)[-1].Started.Ticks").Lines[0]);
        Assert.Equal("Healthy", Get("a", "Health"));
        Fails("ContainerPaused", "Test-ContainerHealth a");

        Ok("Resume-Container a; Start-Sleep -Milliseconds 800");
        Assert.NotEqual(before, Ok("(Test-ContainerHealth a -History)[-1].Started.Ticks").Lines[0]);
    }

    [SkippableFact]
    public void Failures_in_the_start_period_do_not_count_and_a_success_ends_it()
    {
        Detach("slow", "sleep 1.5; touch /well; exec sleep 1000",
            "-HealthCommand 'test -e /well' -HealthInterval 1h -HealthRetries 1 -HealthStartPeriod 1m -HealthStartInterval 0.2");
        Ok("$null = Wait-Container slow -Condition Healthy -Timeout 20");

        Assert.Equal(["healthy"], Ok("(Get-ContainerEvent slow -Event health_status).Attributes | ForEach-Object { $_['healthStatus'] }").Lines);
        Assert.Contains("1", Ok("(Test-ContainerHealth slow -History).ExitCode").Lines);
    }

    [SkippableFact]
    public void An_unhealthy_container_is_killed_restarted_or_stopped_where_that_is_wanted()
    {
        const string Ill = "-HealthCommand false -HealthInterval 0.2 -HealthRetries 1 -HealthOnFailure ";
        Detach("killed", parameters: Ill + "Kill");
        Detach("stopped", "trap 'exit 9' TERM; while true; do sleep 0.1; done", Ill + "Stop");
        Detach("again", "trap 'exit 8' TERM; while true; do sleep 0.1; done", Ill + "Restart");
        Ok("$null = Wait-Container killed, stopped -Timeout 20");

        Assert.Equal(("137", "9"), (Get("killed", "ExitCode"), Get("stopped", "ExitCode")));
        Eventually(() => Ok("(Get-ContainerEvent again).Action").Lines.Contains("restart"), () => Get("again", "Status"));
        Ok("Stop-Container again -Timeout 5");
        Assert.Equal("Exited", Get("again", "State"));
    }

    [SkippableFact]
    public void A_restart_begins_as_starting()
    {
        Detach("a", parameters: "-HealthCommand true -HealthInterval 0.2");
        Ok("$null = Wait-Container a -Condition Healthy -Timeout 10; Stop-Container a -Timeout 0");
        Assert.Equal("None", Get("a", "Health"));
        Ok("$null = Start-Container a");
        Assert.Contains(Get("a", "Health"), new[] { "Starting", "Healthy" });
        Ok("$null = Wait-Container a -Condition Healthy -Timeout 10");
    }

    [SkippableFact]
    public void The_images_check_is_the_default_and_can_be_turned_off()
    {
        Ok("Invoke-ContainerImage busybox -Name base -Command true; " +
            "$null = ConvertTo-ContainerImage base -Tag checked -Change 'HEALTHCHECK --interval=200ms --retries=1 CMD test -e /well'");
        try
        {
            Ok("$null = Invoke-ContainerImage checked -Detach -Name a -Command sleep, 1000; $null = Wait-Container a -Condition Unhealthy -Timeout 10");
            Ok("$null = Invoke-ContainerImage checked -Detach -Name b -NoHealthCheck -Command sleep, 1000");
            Assert.Equal("None", Get("b", "Health"));
            Fails("NoHealthCheck", "Test-ContainerHealth b");
            Fails("NoHealthCheck", "Wait-Container b -Condition Healthy");
        }
        finally
        {
            Clean();
            Ok("Remove-ContainerImage checked");
        }
    }

    [SkippableFact]
    public void What_cannot_be_is_refused_when_the_container_is_made()
    {
        Fails("InvalidHealthCheck", "New-Container busybox -HealthInterval 10s");
        Fails("InvalidHealthCheck", "New-Container busybox -HealthCommand true -HealthTimeout 0.0001");
        Detach("ended", "true", "-HealthCommand true");
        Ok("$null = Wait-Container ended");
        Fails("ContainerNotRunning", "Test-ContainerHealth ended");
        Fails("ContainerEndedEarly", "Wait-Container ended -Condition Healthy");
    }

    [SkippableFact]
    public void A_killed_monitor_ends_the_checks_and_the_next_run_begins_anew()
    {
        Detach("a", parameters: "-HealthCommand true -HealthInterval 0.1");
        Ok("$null = Wait-Container a -Condition Healthy -Timeout 10; kill -9 (Get-Container a).MonitorProcessId; Start-Sleep -Milliseconds 200");
        Assert.Equal("None", Get("a", "Health"));
        Fails("ContainerNotSupervised", "Test-ContainerHealth a");
        Ok("$null = Restart-Container a -Timeout 0; $null = Wait-Container a -Condition Healthy -Timeout 10");
    }

    private static (object? ExitCode, object Output, object Succeeded, string? Status) Values(PSObject result) => (
        result.Properties["ExitCode"].Value, result.Properties["Output"].Value, result.Properties["Succeeded"].Value,
        result.Properties["Status"].Value?.ToString());
}
