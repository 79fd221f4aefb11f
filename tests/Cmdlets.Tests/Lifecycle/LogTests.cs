using System.Globalization;
using System.Management.Automation;

namespace Containers.Cmdlets.Tests.Lifecycle;

public class LogTests(ContainerHostFixture host) : LifecycleTest(host)
{
    private void Finished(string name, string script, string parameters = "")
    {
        Detach(name, script, parameters);
        Ok($"$null = Wait-Container {name} -Timeout 60");
        AwaitState(name, "Exited");
    }

    [SkippableFact]
    public void Entries_have_time_stream_line_and_container()
    {
        Finished("a", "echo out; sleep 0.05; echo err >&2; sleep 0.05; printf rest");
        PSObject[] entries = [.. Ok("Get-ContainerLog a").Output];
        Assert.Equal(["out", "err", "rest"], entries.Select(e => (string)e.Properties["Line"].Value));
        Assert.Equal(["Stdout", "Stderr", "Stdout"], entries.Select(e => e.Properties["Stream"].Value.ToString()));
        Assert.All(entries, e => Assert.Equal("a", e.Properties["Container"].Value));
        DateTimeOffset[] times = [.. entries.Select(e => (DateTimeOffset)e.Properties["Time"].Value)];
        Assert.Equal(times.Order(), times);
        Assert.InRange(DateTimeOffset.UtcNow - times[0], TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    [SkippableFact]
    public void Tail_stream_pattern_since_and_until_choose()
    {
        Finished("a", "for i in 1 2 3; do echo $i; done; echo e1 >&2; sleep 0.3; echo 4; echo e2 >&2");
        Assert.Equal(2, Ok("Get-ContainerLog a -Tail 2").Output.Count);
        Assert.Empty(Ok("Get-ContainerLog a -Tail 0").Output);
        Assert.Equal(["1", "2", "3", "4"], Ok("Get-ContainerLog a -Stream Stdout -Raw").Lines);
        Assert.Equal(["e1", "e2"], Ok("Get-ContainerLog a -Stream Stderr -Raw").Lines);
        Assert.Equal(["e1"], Ok("Get-ContainerLog a -Raw -Pattern 'E1'").Lines);
        Ok("$cut = (Get-ContainerLog a | Where-Object Line -eq '4').Time");
        Assert.Equal(["4", "e2"], Ok("Get-ContainerLog a -Raw -Since $cut | Sort-Object").Lines);
        Assert.Equal(["1", "2", "3", "e1"], Ok("Get-ContainerLog a -Raw -Until $cut.AddMilliseconds(-50) | Sort-Object").Lines);
        Assert.Equal(6, Ok("Get-ContainerLog a -Since '5m'").Output.Count);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT[\d:.]{18}Z 1$", Ok("Get-ContainerLog a -Raw -Timestamps -Stream Stdout").Lines[0]);
    }

    [SkippableFact]
    public void Follow_gives_lines_as_they_come_and_ends_with_the_container()
    {
        Detach("a", "i=0; while [ $i -lt 20 ]; do i=$((i+1)); echo $i; sleep 0.05; done");
        Assert.Equal(Enumerable.Range(1, 20).Select(i => $"{i}"), Ok("Get-ContainerLog a -Follow -Raw").Lines);
    }

    [SkippableFact]
    public async Task Follow_of_a_silent_container_is_stopped_by_ctrl_c()
    {
        Detach("a");
        Task<Hosting.ScriptResult> following = Host.Shell.RunAsync("Get-ContainerLog a -Follow");
        await Task.Delay(200);
        while (!following.IsCompleted)
        {
            Host.Shell.Stop();
            await Task.Delay(20);
        }

        Assert.True((await following).Stopped);
        Assert.Equal("Running", Get("a", "State"));
    }

    [SkippableFact]
    public void Several_logs_are_merged_by_time()
    {
        Finished("a", "echo 1");
        Finished("b", "echo 2");
        Ok("Start-Container a; $null = Wait-Container a -Timeout 10");
        Assert.Equal(["1", "2", "1"], Ok("Get-ContainerLog b, a -Raw").Lines);
    }

    [SkippableFact]
    public void Rotation_bounds_the_log_and_keeps_its_end()
    {
        Finished("a", "seq 1 60000", "-LogMaximumSize 64KB -LogMaximumFile 2");
        FileInfo[] files = new DirectoryInfo(Path.Combine(Host.Shell.DataRoot, "containers", Get("a", "Id"), "log")).GetFiles();
        Assert.InRange(files.Length, 1, 2);
        Assert.InRange(files.Sum(file => file.Length), 32 << 10, 2 * ((64 << 10) + (64 << 10)));
        int[] numbers = [.. Log("a").Skip(1).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];
        Assert.Equal(60000, numbers[^1]);
        Assert.Equal(Enumerable.Range(numbers[0], numbers.Length), numbers);
    }

    [SkippableFact]
    public void A_flood_that_nobody_reads_does_not_hold_the_container()
    {
        Detach("a", "yes 0123456789012345678901234567890123456789 | head -c 60000000; echo; echo end", "-LogMaximumSize 1MB");
        Assert.Equal(["0"], Ok("(Wait-Container a -Timeout 40).ExitCode").Lines);
        Assert.Equal(["end"], Ok("Get-ContainerLog a -Raw -Tail 1").Lines);
    }

    [SkippableFact]
    public void Without_a_log_driver_nothing_is_kept()
    {
        Finished("a", "echo lost", "-LogDriver None");
        Assert.Empty(Ok("Get-ContainerLog a").Output);
    }

    [SkippableFact]
    public void Containers_of_different_drivers_are_read_as_one_log()
    {
        Finished("a", "echo 1");
        Finished("b", "echo 2; echo 3 >&2", "-LogDriver JsonFile -LogOption @{'max-size' = '1m'; 'max-file' = '2'}");
        Ok("Start-Container a; $null = Wait-Container a -Timeout 10");

        IReadOnlyList<string> lines = Ok("Get-ContainerLog a, b -Raw").Lines;
        Assert.Equal(("1", "1", 4), (lines[0], lines[^1], lines.Count)); // Lines of two streams in one moment may change places.
        Assert.Equal(["3"], Ok("Get-ContainerLog b -Raw -Stream Stderr").Lines);
        Assert.Equal(["3"], Ok("Get-ContainerLog b -Raw -Tail 1").Lines);
    }

    [SkippableFact]
    public void Following_several_goes_on_while_one_ends_and_over_rotation()
    {
        Detach("a", "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo a $i; [ $((i % 300)) -eq 0 ] && sleep 0.1; done", "-LogMaximumSize 64KB -LogMaximumFile 3");
        Detach("b", "i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo b $i; [ $((i % 100)) -eq 0 ] && sleep 0.1; done",
            "-LogDriver JsonFile -LogMaximumSize 64KB -LogMaximumFile 5");
        Detach("c", "echo c 1");
        IReadOnlyList<string> lines = Ok("Get-ContainerLog a, b, c -Follow -Raw").Lines;

        foreach ((string name, int count) in new[] { ("a", 3000), ("b", 2000), ("c", 1) })
        {
            Assert.Equal(Enumerable.Range(1, count).Select(i => $"{name} {i}"), lines.Where(line => line[0] == name[0]));
        }
    }

    [SkippableFact]
    public void Following_several_begins_with_what_is_there_by_time()
    {
        for (int turn = 1; turn <= 3; turn++)
        {
            foreach (string name in (string[])["a", "b", "c"])
            {
                string driver = name == "b" ? "-LogDriver JsonFile" : "";
                Ok(turn == 1
                    ? $"$null = New-Container busybox -Name {name} {driver} -Command sh, '-c', 'n=$(cat /n 2>/dev/null || echo 1); echo {name} $n; echo $((n+1)) >/n'"
                    : "");
                Ok($"Start-Container {name}; $null = Wait-Container {name} -Timeout 10");
            }
        }

        Detach("d", "echo d 1; sleep 1; echo d 2");
        AwaitLog("d", "d 1");
        Assert.Equal(
            ["a 2", "b 2", "c 2", "a 3", "b 3", "c 3", "d 1", "d 2"], Ok("Get-ContainerLog d, c, b, a -Tail 2 -Follow -Raw").Lines);
        Assert.Equal(["a 1", "b 1", "c 1", "a 2"], Ok("Get-ContainerLog d, c, b, a -Follow -Raw | Select-Object -First 4").Lines);
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData("-LogDriver JsonFile")]
    public void Following_several_takes_up_one_that_is_started_again_while_another_runs(string driver)
    {
        Detach("on", "while [ ! -e /end ]; do sleep 0.1; done");
        Ok($"$null = New-Container busybox -Name job {driver} -Command sh, '-c', 'echo begin; printf no-line-end'");
        Ok($"$null = New-Container busybox -Name later {driver} -Command echo, later");
        Task<Hosting.ScriptResult> following = Host.Shell.RunAsync("Get-ContainerLog on, job, later -Follow -Raw");
        Thread.Sleep(500);
        using (OtherSession other = new(
            Host, "foreach ($name in 'job', 'job', 'later', 'job') { Start-Container $name; $null = Wait-Container $name; Start-Sleep 0.5 }; 'done'"))
        {
            Assert.Equal(["done"], other.Finish());
        }

        Assert.False(following.IsCompleted);
        using (OtherSession other = new(Host, "Invoke-ContainerCommand on touch /end"))
        {
            other.Finish();
        }

        Assert.True(following.Wait(TimeSpan.FromSeconds(10)), "It goes on although nothing runs.");
        Assert.Equal(["begin", "no-line-end", "begin", "no-line-end", "later", "begin", "no-line-end"], following.Result.Lines);
    }

    [SkippableFact]
    public async Task Following_several_is_stopped_by_ctrl_c_within_two_seconds()
    {
        Detach("a");
        Detach("b", "while true; do echo x; sleep 0.01; done", "-LogDriver JsonFile");
        Task<Hosting.ScriptResult> following = Host.Shell.RunAsync("Get-ContainerLog a, b -Follow");
        await Task.Delay(300);
        System.Diagnostics.Stopwatch watch = System.Diagnostics.Stopwatch.StartNew();
        while (!following.IsCompleted)
        {
            Host.Shell.Stop();
            await Task.Delay(20);
        }

        Assert.True((await following).Stopped);
        Assert.InRange(watch.ElapsedMilliseconds, 0, 2000);
    }

    [SkippableFact]
    public void Options_that_no_driver_has_are_refused()
    {
        Fails("InvalidLogOption", "New-Container busybox -LogOption @{'max-sise' = '10m'}");
        Fails("InvalidLogOption", "New-Container busybox -LogDriver JsonFile -LogOption @{'max-size' = 'much'}");
        Fails("InvalidLogOption", "New-Container busybox -LogDriver None -LogOption @{'max-size' = '1m'}");
        Fails("InvalidLogLimit", "New-Container busybox -LogDriver JsonFile -LogOption 'max-size=1k'");
    }

    [SkippableFact]
    public void The_hosts_driver_is_that_of_new_containers()
    {
        try
        {
            Ok("Set-ContainerHost -LogDriver JsonFile -LogOption @{'max-file' = '7'}");
            Assert.Equal(["JsonFile"], Ok("(Get-ContainerHost).LogDriver").Lines);
            Finished("a", "echo json");
            Finished("b", "echo own", "-LogDriver Local");
            Assert.Equal(["JsonFile", "7", "Local", "3"], Ok("Get-Container a, b | ForEach-Object { $_.Spec.Log.Driver, $_.Spec.Log.MaximumFiles }").Lines);
            Assert.Equal(["json", "own"], Ok("Get-ContainerLog a, b -Raw").Lines);
            Assert.NotEmpty(Directory.GetFiles(Path.Combine(Host.Shell.DataRoot, "containers", Get("a", "Id"), "log"), "*-json.log"));
            Fails("InvalidLogOption", "Set-ContainerHost -LogOption @{'max-file' = 'many'}");
        }
        finally
        {
            Ok("Set-ContainerHost -LogDriver Default -LogOption $null");
        }

        Assert.Equal(["Local"], Ok("(Get-ContainerHost).LogDriver").Lines);
    }

    [SkippableFact]
    public void A_host_without_a_journal_says_so_at_once()
    {
        Skip.If(File.Exists("/run/systemd/journal/socket"), "this host has a systemd journal");
        Fails("JournalUnavailable", "New-Container busybox -LogDriver Journald");
        Fails("JournalUnavailable", "Set-ContainerHost -LogDriver Journald");
    }
}
