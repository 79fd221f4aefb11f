using System.Diagnostics;
using System.Management.Automation;
using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Observing;

/// <summary>Measure-Container on real containers.</summary>
public class MeasureTests(ContainerHostFixture host) : LifecycleTest(host)
{
    private const string Busy = "while :; do :; done";

    [SkippableFact]
    public void A_busy_container_shows_the_share_of_a_processor_that_its_quota_gives()
    {
        Detach("busy", Busy, "-Cpus 0.2 -Network none");
        Detach("idle", parameters: "-Network none");
        Statistic[] both = Measure("Measure-Container -Interval 1s");
        Assert.Equal(["busy", "idle"], both.Select(one => one.Name));
        Assert.InRange(both[0].CpuPercent!.Value, 8, 30);
        Assert.Equal(both[0].CpuPercent!.Value / HostProcessors, both[0].HostCpuPercent!.Value, 6);
        Assert.InRange(both[1].CpuPercent!.Value, 0, 5);
        Assert.InRange(both[0].Interval.TotalSeconds, 0.95, 5);
        Assert.True(both[0].ThrottledPercent > 50, $"{both[0].ThrottledPercent}");
        Assert.True(both[0].CpuTime > TimeSpan.FromMilliseconds(80), $"{both[0].CpuTime}");
    }

    [SkippableFact]
    public void Memory_and_processes_are_what_the_container_has()
    {
        Detach("a", "head -c 8000000 /dev/zero > /dev/shm/x; echo done; sleep 1000 & sleep 1000 & wait", "-Memory 64MB -PidsLimit 50 -Network none");
        AwaitLog("a", "done");
        Statistic one = Assert.Single(Measure("Measure-Container a"));
        Assert.InRange(one["MemoryUsage"]!.Value, 8_000_000, 20_000_000);
        Assert.Equal(64 << 20, one.MemoryLimit);
        Assert.Equal(one["MemoryUsage"]!.Value * 100.0 / one.MemoryLimit, one.MemoryPercent!.Value, 6);
        Assert.True(one["MemoryCache"] >= 8_000_000, $"{one["MemoryCache"]}");
        Assert.Equal((3L, 50L), (one["Pids"], one["PidsLimit"]));
        Assert.Equal((0L, 0L), (one["OomKills"], one["NetworkReceivedBytes"]));
    }

    [SkippableFact]
    public void Traffic_is_counted_for_each_interface_of_the_containers_own_namespace()
    {
        Detach("a", "exec sleep 1000");
        Statistic before = Assert.Single(Measure("Measure-Container a"));
        string address = Get("a", "IPAddress");
        Assert.Equal(0, Ok($"Invoke-ContainerImage busybox -RemoveOnExit -Command ping, '-c', 5, '-i', 0.1, '-s', 1000, {address}").LastExitCode);
        Statistic after = Assert.Single(Measure("Measure-Container a"));
        Assert.InRange(after["NetworkReceivedBytes"]!.Value - before["NetworkReceivedBytes"]!.Value, 5000, 20_000);
        Assert.InRange(after["NetworkSentBytes"]!.Value - before["NetworkSentBytes"]!.Value, 5000, 20_000);
        Assert.True(after["NetworkReceivedPackets"] - before["NetworkReceivedPackets"] >= 5);
        Assert.Equal(["eth0 True"], Ok("$s = Measure-Container a; $s.Networks | ForEach-Object { \"$_ $($_.ReceivedBytes -eq $s.NetworkReceivedBytes)\" }").Lines);

        Detach("h", parameters: "-Network host");
        Statistic onHost = Assert.Single(Measure("Measure-Container h"));
        Assert.Null(onHost["NetworkReceivedBytes"]);
    }

    [SkippableFact]
    public void Names_patterns_and_objects_choose_and_only_running_containers_are_measured()
    {
        Detach("web1", parameters: "-Network none");
        Detach("web2", parameters: "-Network none");
        Ok("Suspend-Container web2; $null = New-Container busybox -Name web3 -Command sleep, 9");
        Assert.Equal(["web1", "web2"], Names("Measure-Container"));
        Assert.Equal(["web1", "web2"], Names("Measure-Container WEB* -Interval 20ms"));
        Assert.Equal(["web2"], Names("Get-Container web2 | Measure-Container -Interval 20ms"));
        Assert.Equal(["web1"], Names("'web1' | Measure-Container -Interval 20ms"));
        Assert.Empty(Names("Measure-Container other* -Interval 20ms"));
        Assert.Equal("web3", Fails("ContainerNotRunning", "Measure-Container web3").TargetObject);
        Fails("ContainerNotFound", "Measure-Container nobody");
        ScriptResult mixed = Run("Measure-Container web3, web1 -Interval 20ms");
        Assert.Equal(["web1"], mixed.Lines);
        Assert.Single(mixed.Errors);
    }

    [SkippableFact]
    public void Samples_come_at_intervals_and_end_with_the_container()
    {
        Detach("a", "sleep 0.8", "-Network none");
        Statistic[] samples = Measure("Measure-Container a -Interval 100ms -SampleCount 100");
        Assert.InRange(samples.Length, 1, 20);
        Assert.All(samples, one => Assert.InRange(one.Interval.TotalSeconds, 0.05, 2));
        Assert.True(samples.Zip(samples.Skip(1)).All(pair => pair.First.Time < pair.Second.Time));

        Detach("b", "sleep 0.5", "-Network none");
        Assert.NotEmpty(Measure("Measure-Container b -Interval 100ms -Continuous"));
    }

    [SkippableFact]
    public void A_continuous_measurement_ends_with_its_pipeline_and_sees_new_containers()
    {
        Detach("a", parameters: "-Network none");
        Stopwatch time = Stopwatch.StartNew();
        ScriptResult result = Ok("""
            Measure-Container -Continuous -Interval 50ms | ForEach-Object {
                if ($_.Name -eq 'a' -and -not (Get-Container b*)) { $null = Invoke-ContainerImage busybox -Name b -Network none -Detach -Command sleep, 1000 }
                $_.Name
            } | Where-Object { $_ -eq 'b' } | Select-Object -First 2
            """);
        Assert.Equal(["b", "b"], result.Lines);
        Assert.True(time.Elapsed.TotalSeconds < 15, $"{time.Elapsed}");
    }

    [SkippableFact]
    public async Task Ctrl_C_ends_a_measurement_at_once()
    {
        Detach("a", parameters: "-Network none");
        Task<ScriptResult> running = Host.Shell.RunAsync("Measure-Container -Continuous -Interval 1h");
        await Task.Delay(500);
        Stopwatch time = Stopwatch.StartNew();
        Host.Shell.Stop();
        Assert.True((await running).Stopped);
        Assert.True(time.Elapsed.TotalSeconds < 2, $"{time.Elapsed}");
    }

    [SkippableFact]
    public void The_view_shows_sizes_and_percentages_and_a_bad_interval_is_refused()
    {
        Detach("a", parameters: "-Network none -Memory 32MB");
        string text = Host.Shell.Show("Measure-Container a -Interval 20ms").HostText;
        Assert.Matches(@"Name +CPU % +Memory +Mem % +Net in +Net out +Read +Write +PIDs", text);
        Assert.Matches(@"a +\d+\.\d\d +[\d.]+ [KM]B +\d+\.\d\d +0 B +0 B .*1", text);
        Fails("InvalidInterval", "Measure-Container a -Interval 1ms");
        Fails("ParameterConflict", "Measure-Container a -Continuous -SampleCount 3");
    }

    private static int HostProcessors => File.ReadLines("/proc/stat").Count(line => line.StartsWith("cpu", StringComparison.Ordinal)) - 1;

    private Statistic[] Measure(string script) => [.. Ok(script).Output.Select(o => new Statistic(o))];

    private IReadOnlyList<string> Names(string script) => [.. Measure(script).Select(one => one.Name)];

    /// <summary>The engine's type lives in a load context of its own: its properties are read as PowerShell reads them.</summary>
    private sealed class Statistic(PSObject value)
    {
        internal string Name => (string)value.Properties["Name"].Value;

        internal DateTimeOffset Time => (DateTimeOffset)value.Properties["Time"].Value;

        internal TimeSpan Interval => (TimeSpan)value.Properties["Interval"].Value;

        internal TimeSpan? CpuTime => (TimeSpan?)value.Properties["CpuTime"].Value;

        internal double? CpuPercent => (double?)value.Properties["CpuPercent"].Value;

        internal double? HostCpuPercent => (double?)value.Properties["HostCpuPercent"].Value;

        internal double? ThrottledPercent => (double?)value.Properties["ThrottledPercent"].Value;

        internal double? MemoryPercent => (double?)value.Properties["MemoryPercent"].Value;

        internal long MemoryLimit => (long)value.Properties["MemoryLimit"].Value;

        internal long? this[string name] => (long?)value.Properties[name].Value;
    }
}
