namespace Containers.Cmdlets.Tests.Lifecycle;

public class RestartPolicyTests(ContainerHostFixture host) : LifecycleTest(host)
{
    private DateTimeOffset[] Starts(string name) =>
        [.. Ok($"Get-ContainerLog {name} | Where-Object Line -eq start | ForEach-Object Time").Output.Select(o =>
            (DateTimeOffset)o.BaseObject)];

    [SkippableFact]
    public void On_failure_it_is_tried_again_so_often_with_growing_delays()
    {
        Detach("a", "echo start; exit 3", "-RestartPolicy OnFailure -RestartMaximum 3");
        AwaitState("a", "Exited");
        Assert.Equal("3 3", Get("a", "RestartCount") + " " + Get("a", "ExitCode"));
        DateTimeOffset[] starts = Starts("a");
        Assert.Equal(4, starts.Length);
        for (int i = 1; i < starts.Length; i++)
        {
            // 100 ms, doubled each time; the upper bound is for busy machines.
            Assert.InRange((starts[i] - starts[i - 1]).TotalMilliseconds, 100 << (i - 1), (100 << (i - 1)) + 2000);
        }
    }

    [SkippableFact]
    public void A_success_ends_on_failure_and_always_goes_on()
    {
        Detach("a", "exit 0", "-RestartPolicy on-failure -RestartMaximum 5");
        Detach("b", "echo start; exit 0", "-RestartPolicy Always");
        Eventually(() => Number("b", "RestartCount") >= 2, () => "b is not restarted");
        AwaitState("a", "Exited");
        Assert.Equal("0", Get("a", "RestartCount"));
    }

    [SkippableFact]
    public void A_stop_ends_the_loop_also_between_two_runs()
    {
        Detach("a", "exit 1", "-RestartPolicy UnlessStopped");
        AwaitState("a", "Restarting");
        Eventually(() => Number("a", "RestartCount") >= 3, () => "it is not restarted");
        Ok("Stop-Container a");
        Assert.Equal("Exited", Get("a", "State"));
        string count = Get("a", "RestartCount");
        Thread.Sleep(300);
        Assert.Equal("Exited " + count, Get("a", "State") + " " + Get("a", "RestartCount"));
    }

    [SkippableFact]
    public void A_kill_by_the_user_ends_the_loop_a_kill_by_the_kernel_does_not()
    {
        Detach("a", parameters: "-RestartPolicy Always");
        Kill(Number("a", "ProcessId"));
        Eventually(() => Number("a", "RestartCount") == 1 && Get("a", "State") == "Running", () => "it was not restarted");
        Ok("Send-ContainerSignal a KILL");
        AwaitState("a", "Exited");
        Assert.Equal("137", Get("a", "ExitCode"));
    }

    [SkippableFact]
    public void A_container_between_two_runs_is_removed_by_force()
    {
        Detach("a", "exit 1", "-RestartPolicy Always");
        Eventually(() => Number("a", "RestartCount") >= 3 && Get("a", "State") == "Restarting", () => "it is not restarted");
        Fails("ContainerRunning", "Remove-Container a");
        Ok("Remove-Container a -Force");
        Eventually(() => Host.Leftovers().Length == 0, Host.Leftovers);
    }
}
