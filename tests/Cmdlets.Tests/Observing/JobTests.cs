using System.Diagnostics;
using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Observing;

/// <summary>-AsJob of Invoke-ContainerImage and Invoke-ContainerCommand: real jobs.</summary>
public class JobTests(ContainerHostFixture host) : LifecycleTest(host)
{
    protected override void Clean()
    {
        Ok("Get-Job | Remove-Job -Force");
        base.Clean();
    }

    [SkippableFact]
    public void A_job_gives_the_lines_of_the_output_and_the_exit_code_and_is_completed()
    {
        ScriptResult result = Ok("""
            $job = Invoke-ContainerImage busybox -Name work -AsJob -Command sh, -c, 'echo one; echo two >&2; echo three; exit 4'
            "$($job.PSJobTypeName) $($job.Name) $($job.Location) $((Get-Job work).Id -eq $job.Id)"
            $null = Wait-Job $job -Timeout 30
            "$($job.State) $($job.ExitCode) $($job.HasMoreData) $($job.Container.ExitCode)"
            Receive-Job $job -InformationVariable told 6>$null
            "$told $($told.Tags -join ',')"
            "$($job.HasMoreData) $(@(Receive-Job $job).Count)"
            Remove-Job $job
            "$(@(Get-Job).Count)"
            """);
        Assert.Equal(
            ["ContainerJob work work True", "Completed 4 True 4", "one", "three", "two PSHOST,Stderr", "False 0", "0"], result.Lines);
        Assert.Equal("Exited", Get("work", "State"));
    }

    [SkippableFact]
    public void Only_who_asks_for_it_gets_a_failed_job_with_the_reason()
    {
        ScriptResult result = Run("""
            $job = Invoke-ContainerImage busybox -Name bad -RemoveOnExit -AsJob -ErrorOnNonZeroExit -JobName mine -Command sh, -c, 'echo before; exit 3'
            $null = Wait-Job $job -Timeout 30
            "$($job.Name) $($job.State) $($job.JobStateInfo.Reason.Message)"
            Receive-Job $job
            Remove-Job $job
            """);
        Assert.Equal(["mine Failed Container \"bad\" ended with exit code 3.", "before"], result.Lines);

        // PowerShell itself adds the reason of a failed job to what the job wrote.
        Assert.Equal("ContainerExitedNonZero", result.Errors[0].FullyQualifiedErrorId.Split(',')[0]);
        Assert.All(result.Errors, error => Assert.Equal("Container \"bad\" ended with exit code 3.", error.Exception.Message));
    }

    [SkippableFact]
    public void Output_can_be_received_while_it_comes_and_input_is_the_pipelines()
    {
        ScriptResult result = Ok("""
            $job = 'a', 'b', 'c' | Invoke-ContainerImage busybox -Name echo -RemoveOnExit -AsJob -Command sh, -c, 'while read l; do echo got $l; done; exec sleep 1000'
            $seen = @()
            $until = [DateTime]::UtcNow.AddSeconds(20)
            while ($seen.Count -lt 3 -and [DateTime]::UtcNow -lt $until) { $seen += @(Receive-Job $job); Start-Sleep -Milliseconds 20 }
            $seen
            "$($job.State)"
            Stop-Job $job
            "$($job.State) $(@(Get-Container echo*).Count)"
            """);
        Assert.Equal(["got a", "got b", "got c", "Running", "Stopped 0"], result.Lines);
    }

    [SkippableFact]
    public void Stopping_a_job_stops_the_container_with_its_signal_and_its_time()
    {
        ScriptResult polite = Ok("""
            $job = Invoke-ContainerImage busybox -Name polite -AsJob -Command sh, -c, 'trap "echo bye; exit 5" TERM; echo up; while :; do sleep 0.05; done'
            $null = Wait-Container polite -LogPattern up -Timeout 20
            Stop-Job $job
            "$($job.State) $($job.ExitCode)"
            Receive-Job $job
            """);
        Assert.Equal(["Stopped 5", "up", "bye"], polite.Lines);
        Stopwatch time = Stopwatch.StartNew();
        Ok("""
            $job = Invoke-ContainerImage busybox -Name deaf -StopTimeout 0.5 -AsJob -Command sh, -c, 'trap "" TERM; echo up; while :; do sleep 0.05; done'
            $null = Wait-Container deaf -LogPattern up -Timeout 20
            Remove-Job $job -Force
            """);
        Assert.InRange(time.Elapsed.TotalSeconds, 0.4, 20);
        Assert.Equal(("Exited", "137"), (Get("deaf", "State"), Get("deaf", "ExitCode")));
        Assert.Empty(Ok("Get-Job deaf -ErrorAction Ignore").Output);
    }

    [SkippableFact]
    public void A_command_in_several_containers_is_one_job_with_a_child_for_each()
    {
        Detach("a", parameters: "-Network none -Hostname one");
        Detach("b", parameters: "-Network none -Hostname two");
        ScriptResult result = Ok("""
            $job = Invoke-ContainerCommand a, b -AsJob -Command sh, -c, 'hostname; [ $(hostname) = two ] && exit 3; exit 0'
            $null = Wait-Job $job -Timeout 30
            "$($job.State) $($job.Location) $($job.ChildJobs.Count) $($job.ChildJobs.ExitCode -join ',')"
            Receive-Job $job | Sort-Object
            $one = 'text' | Invoke-ContainerCommand a -AsJob -PassThru -Command cat
            $null = Wait-Job $one -Timeout 30
            $got = @(Receive-Job $one)
            "$($one.State) $($got[0]) $($got[1].ExitCode)"
            $long = Invoke-ContainerCommand a -AsJob -Command sleep, 1000
            Stop-Job $long
            "$($long.State)"
            """);
        Assert.Equal(["Completed a,b 2 0,3", "one", "two", "Completed text 0", "Stopped"], result.Lines);
    }

    [SkippableFact]
    public void A_start_that_fails_is_an_error_and_no_job()
    {
        Fails("CommandNotFound", "Invoke-ContainerImage busybox -Name x -AsJob -Command /no/such/program");
        Assert.Empty(Ok("Get-Job; Get-Container").Output);
        Fails("ParameterConflict", "Invoke-ContainerImage busybox -AsJob -Detach -Command true");
    }

    [SkippableFact]
    public void The_end_of_the_session_ends_its_jobs_as_it_would_a_run_in_the_foreground()
    {
        using OtherSession session = new(Host, """
            $null = Invoke-ContainerImage busybox -Name kept -AsJob -Command sh, -c, 'trap "exit 0" TERM; while :; do sleep 0.05; done'
            $null = Invoke-ContainerImage busybox -Name gone -RemoveOnExit -AsJob -Command sh, -c, 'trap "exit 0" TERM; while :; do sleep 0.05; done'
            "$((Get-Container kept, gone).State)"
            """);
        Assert.Equal(["Running Running"], session.Finish());
        AwaitState("kept", "Exited");
        Eventually(() => Ok("Get-Container gone*").Output.Count == 0, () => "the container of the other session is there");
    }
}
