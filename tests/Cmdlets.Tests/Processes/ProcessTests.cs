using System.Globalization;
using System.Management.Automation;
using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Processes;

/// <summary>Start-, Get-, Wait- and Stop-ContainerProcess.</summary>
public class ProcessTests(ContainerHostFixture host) : LifecycleTest(host)
{
    [SkippableFact]
    public void A_detached_program_is_written_and_its_exit_code_is_kept()
    {
        Detach("web");
        Ok("$job = Start-ContainerProcess web sh '-c' 'sleep 0.3; exit 7'");
        Assert.Equal(["True", "False", "True"], Ok("$job.Pid -gt 1; $job.HasExited; $job.HostPid -gt $job.Pid").Lines);
        Assert.Equal(["7 True Exited"], Ok("$job | Wait-ContainerProcess | ForEach-Object { \"$($_.ExitCode) $($_.HasExited) $($_.State)\" }").Lines);
        Assert.Equal(["7 sh True True"], Ok("Get-ContainerProcess web -Exec | ForEach-Object { \"$($_.ExitCode) $($_.Name) $($_.Detached) $($_.ExecId -eq $job.ExecId)\" }").Lines);
        Assert.Equal(["True"], Ok("(Get-ContainerProcess web -Exec).Pid -eq $job.Pid").Lines);
    }

    [SkippableFact]
    public void The_end_of_a_run_forgets_its_programs()
    {
        Detach("web");
        Ok("$null = Start-ContainerProcess web true | Wait-ContainerProcess");
        Assert.Single(Ok("Get-ContainerProcess web -Exec").Output);
        Ok("Restart-Container web -Timeout 0");
        Assert.Empty(Ok("Get-ContainerProcess web -Exec").Output);
    }

    [SkippableFact]
    public void Only_so_many_records_are_kept()
    {
        Detach("web");
        Ok("1..70 | ForEach-Object { Start-ContainerProcess web true } | Wait-ContainerProcess -Timeout 60 | Out-Null");
        Assert.Equal(64, Ok("Get-ContainerProcess web -Exec").Output.Count);
    }

    [SkippableFact]
    public void A_detached_program_outlives_its_session_and_ends_with_the_container()
    {
        Detach("web");
        using (OtherSession session = new(Host, "Start-ContainerProcess web sleep 1000"))
        {
            session.Finish();
        }

        int pid = int.Parse(Ok("(Get-ContainerProcess web -Exec).HostPid").Lines.Single(), CultureInfo.InvariantCulture);
        Assert.True(IsAlive(pid));
        Ok("Stop-Container web -Timeout 0");
        Eventually(() => !IsAlive(pid), () => $"{pid} still runs");
    }

    [SkippableFact]
    public void Every_process_is_listed_with_what_the_kernel_knows()
    {
        Detach("web", "sleep 1001 & exec sleep 1000");
        Eventually(() => Ok("Get-ContainerProcess web -ProcessName sleep").Output.Count == 2, () => "its shell has not started both");
        Ok("$null = Start-ContainerProcess web -User 12:34 sleep 1002");
        ScriptResult result = Ok("Get-ContainerProcess web");
        Assert.Equal(3, result.Output.Count);
        PSObject first = result.Output[0];
        Assert.Equal(1, first.Properties["Pid"].Value);
        Assert.Equal(0, first.Properties["ParentPid"].Value);
        Assert.Equal("root", Ok("(Get-ContainerProcess web 1).User").Lines.Single());
        Assert.Equal(["sleep", "1000"], Ok("(Get-ContainerProcess web 1).Command").Lines);
        Assert.Equal(["1 sleep 1001", "0 sleep 1002"], Ok("Get-ContainerProcess web | Where-Object Pid -gt 1 | Sort-Object { $_.Command[1] } | ForEach-Object { \"$($_.ParentPid) $($_.Command)\" }").Lines);
        Assert.Equal(["12 0 Filter"], Ok("Get-ContainerProcess web -Exec | ForEach-Object { \"$($_.Uid) $($_.CapEff.Count) $($_.Seccomp)\" }").Lines);
        Assert.Equal(["14", "True", "True", "Sleeping"], Ok("$p = Get-ContainerProcess web 1; $p.CapEff.Count; $p.Memory -gt 0; ([datetimeoffset]::Now - $p.Started).TotalSeconds -lt 60; $p.State").Lines);
        Assert.Equal(3, Ok("Get-ContainerProcess web -ProcessName sl*").Output.Count);
        Assert.Empty(Ok("Get-ContainerProcess web -ProcessName nosuch").Output);
    }

    [SkippableFact]
    public void An_attached_program_is_listed_as_long_as_it_runs()
    {
        Detach("web");
        Assert.Equal(["sleep True False"], Ok(
            "Invoke-ContainerCommand web sh '-c' 'echo up; exec sleep 1000' | ForEach-Object { Start-Sleep -Milliseconds 100; Get-ContainerProcess web -Exec "
            + "| ForEach-Object { \"$($_.Name) $($null -ne $_.ExecId) $($_.Detached)\" } } | Select-Object -First 1").Lines);
        Eventually(() => Ok("Get-ContainerProcess web -Exec").Output.Count == 0, () => "it is still listed", 3);
    }

    [SkippableFact]
    public void Stopping_asks_first_and_kills_after_the_time()
    {
        Detach("web");
        Assert.Equal(["143"], Ok("(Start-ContainerProcess web sleep 1000 | Stop-ContainerProcess -PassThru).ExitCode").Lines);
        Assert.Equal(["137"], Ok("(Start-ContainerProcess web sleep 1000 | Stop-ContainerProcess -Force -PassThru).ExitCode").Lines);
        Assert.Equal(["130"], Ok("(Start-ContainerProcess web sleep 1000 | Stop-ContainerProcess -Signal INT -PassThru).ExitCode").Lines);
        Ok("$deaf = Start-ContainerProcess web sh '-c' 'trap \"\" TERM; touch /ready; while true; do sleep 0.1; done'");
        Eventually(() => Ok("Invoke-ContainerCommand web test '-e' /ready; $LASTEXITCODE").Lines is ["0"], () => "not ready");
        Assert.Equal(["137"], Ok("($deaf | Stop-ContainerProcess -Timeout 0.3 -PassThru).ExitCode").Lines);
        Ok("$deaf | Stop-ContainerProcess");
        Detach("two", "sleep 1001 & wait");
        Eventually(() => Ok("Get-ContainerProcess two -ProcessName sleep").Output.Count == 1, () => "its shell has not started it");
        Ok("$p = Get-ContainerProcess two -ProcessName sleep; Stop-ContainerProcess two $p.Pid");
        AwaitState("two", "Exited");
    }

    [SkippableFact]
    public void What_is_not_there_or_does_not_end_is_said()
    {
        Fails("ContainerNotFound", "Get-ContainerProcess nosuch");
        Ok("$null = New-Container busybox -Name idle");
        Fails("ContainerNotRunning", "Get-ContainerProcess idle");
        Fails("ContainerNotRunning", "Start-ContainerProcess idle true");
        Detach("web");
        Fails("ContainerProcessNotFound", "Wait-ContainerProcess web 4711");
        Fails("WaitTimeout", "Wait-ContainerProcess web 1 -Timeout 0.1");
        Fails("CommandNotFound", "Start-ContainerProcess web nosuch");
        Fails("InvalidSignal", "Stop-ContainerProcess web 1 -Signal NOSUCH");
        Ok("Suspend-Container web");
        Fails("ContainerPaused", "Stop-ContainerProcess web 1");
        Assert.Single(Ok("Get-ContainerProcess web").Output);
    }
}
