using System.Diagnostics;

namespace Containers.Cmdlets.Tests.Lifecycle;

public sealed class EventTests(ContainerHostFixture host) : LifecycleTest(host)
{
    [SkippableFact]
    public void A_run_tells_its_life_in_order()
    {
        Ok("$since = Get-Date; Invoke-ContainerImage busybox -Name life -RemoveOnExit -Label @{stage = 'test'} -Command sh, '-c', 'exit 3'");
        Seen[] events = Events("Get-ContainerEvent life -Since $since");

        Assert.Equal(["create", "attach", "start", "die", "destroy"], events.Select(one => one.Action));
        Assert.All(events, one => Assert.Equal(("busybox", "test"), (one.Attributes["image"], one.Attributes["stage"])));
        Assert.Equal("3", events[3].Attributes["exitCode"]);
    }

    [SkippableFact]
    public void What_a_monitor_and_a_session_do_comes_in_order_and_under_the_new_name()
    {
        Detach("before");
        Ok("Rename-Container before after; Suspend-Container after; Resume-Container after; Send-ContainerSignal after -Signal USR1; " +
            "Stop-Container after -Timeout 0; Remove-Container after");
        Seen[] events = Events("Get-ContainerEvent -Since 1m | Where-Object Name -in before, after");

        Assert.Equal(
            ["create", "start", "rename", "pause", "unpause", "kill", "kill", "die", "stop", "destroy"], events.Select(one => one.Action));
        Assert.Equal("before", events[2].Attributes["oldName"]);
        Assert.Equal(("10", "9"), (events[5].Attributes["signal"], events[6].Attributes["signal"]));
        Assert.Equal("after", events[7].Name);
        Assert.Equal("137", events[7].Attributes["exitCode"]);
    }

    [SkippableFact]
    public void A_restart_by_policy_is_told()
    {
        Detach("again", "exit 1", "-RestartPolicy OnFailure -RestartMaximum 1");
        Ok("$null = Wait-Container again -Timeout 20");

        Assert.Equal(
            ["create", "start", "die", "start", "restart", "die"], Events("Get-ContainerEvent again -Since 1m").Select(one => one.Action));
    }

    [SkippableFact]
    public void A_death_that_nobody_saw_is_told_without_a_code()
    {
        Detach("orphan");
        Ok("$one = Get-Container orphan; kill -9 $one.MonitorProcessId; kill -9 $one.ProcessId; Start-Sleep -Milliseconds 200; $null = Get-Container");
        Seen death = Events("Get-ContainerEvent orphan -Since 1m").Last();

        Assert.Equal("die", death.Action);
        Assert.False(death.Attributes.ContainsKey("exitCode"));
    }

    [SkippableFact]
    public void Images_and_networks_are_told_of()
    {
        Ok("$null = Add-ContainerImageTag busybox events:1; Remove-ContainerImageTag events:1");
        Assert.Equal(["tag", "untag"], Events("Get-ContainerEvent -Type Image -Image events:1 -Since 1m").Select(one => one.Action));
    }

    [SkippableFact]
    public void Filters_choose_and_nothing_from_the_pipeline_is_not_everything()
    {
        Ok("Invoke-ContainerImage busybox -Name one -Command true; Invoke-ContainerImage busybox -Name two -Command true");

        Assert.Equal(["one", "two"], Events("Get-ContainerEvent -Event di* -Tail 2").Select(one => one.Name));
        Assert.Equal("two", Events("Get-Container two | Get-ContainerEvent -Event die -Tail 1").Single().Name);
        Assert.Empty(Events("Get-Container none* | Get-ContainerEvent"));
        Assert.Empty(Events("Get-ContainerEvent -Image other*"));
        Assert.All(Events("Get-ContainerEvent -Type Container -Image busy* -Tail 3"), one => Assert.Equal("busybox", one.Attributes["image"]));
        Assert.Contains("die two (", Ok("Get-ContainerEvent two -Event die -Tail 1 | Out-String").Lines[0], StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Watching_sees_what_another_session_does_and_ends_with_the_first()
    {
        Stopwatch watch = Stopwatch.StartNew();
        Detach("watched", "sleep 1; exit 4");
        Seen death = Events("Watch-ContainerEvent watched -Event die | Select-Object -First 1").Single();

        Assert.Equal("4", death.Attributes["exitCode"]);
        Assert.InRange(watch.ElapsedMilliseconds, 500, 10_000);
        Assert.Empty(Events("Watch-ContainerEvent watched -Until 200ms"));
    }

    [SkippableFact]
    public async Task A_watch_is_stopped_by_ctrl_c_at_once()
    {
        Ok("Get-Container");
        Task<Hosting.ScriptResult> watching = Host.Shell.RunAsync("Watch-ContainerEvent");
        await Task.Delay(300);
        Stopwatch watch = Stopwatch.StartNew();
        while (!watching.IsCompleted)
        {
            Host.Shell.Stop();
            await Task.Delay(20);
        }

        Assert.True((await watching).Stopped);
        Assert.InRange(watch.ElapsedMilliseconds, 0, 2000);
    }

    [SkippableFact]
    public void A_subscription_runs_its_action_and_its_thread_ends_with_it()
    {
        string script = """
            $names = [System.Collections.ArrayList]::new()
            $null = Register-ContainerEvent -Event die -Container sub* -SourceIdentifier deaths -MessageData $names -Action {
                $Event.MessageData.Add("$($EventArgs.ContainerEvent.Name) $($EventArgs.ContainerEvent.Attributes['exitCode'])") }
            $threads = { @(Get-ChildItem /proc/self/task | Where-Object { (Get-Content "$_/comm") -like 'Register-Conta*' }).Count }
            & $threads
            Invoke-ContainerImage busybox -Name sub1 -Command sh, '-c', 'exit 5'
            Invoke-ContainerImage busybox -Name other -Command true
            for ($i = 0; $i -lt 50 -and $names.Count -eq 0; $i++) { Start-Sleep -Milliseconds 100 }
            $names
            @(Get-EventSubscriber).Count
            Unregister-Event -SourceIdentifier deaths
            Start-Sleep -Milliseconds 500
            & $threads
            """;

        Assert.Equal(["1", "sub1 5", "1", "0"], Ok(script).Lines);
    }

    private Seen[] Events(string script) => [.. Ok(script).Output.Select(one => new Seen(
        (string)one.Properties["Action"].Value, (string)one.Properties["Name"].Value,
        (IReadOnlyDictionary<string, string>)one.Properties["Attributes"].Value))];

    private sealed record Seen(string Action, string Name, IReadOnlyDictionary<string, string> Attributes);
}
