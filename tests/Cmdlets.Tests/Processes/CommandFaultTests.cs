using System.Diagnostics;
using System.Globalization;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Processes;

/// <summary>Further programs when something goes away: session, monitor, container, reader; and what many of them leave.</summary>
public class CommandFaultTests(ContainerHostFixture host) : LifecycleTest(host)
{
    [SkippableFact]
    public void A_killed_session_ends_its_program_and_what_belongs_to_it()
    {
        Detach("web");
        using OtherSession session = new(Host, "Invoke-ContainerCommand web sh '-c' 'trap \"\" TERM; sleep 1001 & sleep 1002; sleep 1003'");
        Eventually(() => Sleepers("web") == 2, () => "it does not run: " + session.HasExited, 30);
        session.Kill();
        Eventually(() => Sleepers("web") == 0, () => Sleepers("web") + " are left", 4);
        Assert.Equal("Running", Get("web", "State"));
    }

    [SkippableFact]
    public void A_session_that_never_reads_holds_up_its_program_and_nobody_else()
    {
        Detach("web");
        int monitor = Number("web", "MonitorProcessId");
        long before = Memory(monitor);
        using OtherSession session = new(Host, "Invoke-ContainerCommand web yes | ForEach-Object { Start-Sleep 1000 }");
        Eventually(() => Ok("Get-ContainerProcess web -ProcessName yes").Output.Count == 1, () => "it does not run", 30);
        Thread.Sleep(500);
        Assert.Equal(["still"], Ok("Invoke-ContainerCommand web echo still").Lines);
        Assert.True(Memory(monitor) < before + (1 << 20), $"The monitor grew from {before} to {Memory(monitor)} bytes.");
        Stopwatch time = Stopwatch.StartNew();
        Ok("Remove-Container web -Force");
        Assert.True(time.Elapsed.TotalSeconds < 5, $"The removal took {time.Elapsed}.");
    }

    [SkippableTheory]
    [InlineData("Invoke-ContainerCommand web nosuch", "CommandNotFound", 127)]
    [InlineData("Invoke-ContainerCommand web /data", "CommandNotExecutable", 126)]
    [InlineData("Invoke-ContainerCommand web true -WorkingDirectory /nosuch", null, 125)]
    [InlineData("Invoke-ContainerCommand nobody true", "ContainerNotFound", 125)]
    [InlineData("'in' | Invoke-ContainerCommand nobody true", "ContainerNotFound", 125)]
    [InlineData("Invoke-ContainerImage busybox -RemoveOnExit -Command nosuch", "CommandNotFound", 127)]
    [InlineData("Invoke-ContainerImage busybox -RemoveOnExit -Command /etc", "CommandNotExecutable", 126)]
    [InlineData("Invoke-ContainerImage nosuch -PullPolicy Never -RemoveOnExit -Command true", null, 125)]
    public void What_does_not_start_leaves_dockers_code_for_it_and_not_that_of_the_program_before(string command, string? errorId, int code)
    {
        Detach("web", "echo text >/data; exec sleep 1000");
        Eventually(() => File.Exists($"/proc/{Number("web", "ProcessId")}/root/data"), () => "/data");
        Ok("Invoke-ContainerCommand web sh '-c' 'exit 3'");
        Hosting.ScriptResult result = Run(command + "; \"code $LASTEXITCODE\"");
        Assert.Equal(errorId ?? result.Errors.Single().FullyQualifiedErrorId.Split(',')[0], result.Errors.Single().FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal(["code " + code], result.Lines);
    }

    [SkippableFact]
    public void Ctrl_C_ends_the_program()
    {
        Detach("web");
        int pid = Number("web", "ProcessId");
        Task<Hosting.ScriptResult> running = Host.Shell.RunAsync("Invoke-ContainerCommand web sh '-c' 'echo up > /up; exec sleep 1001'");
        Eventually(() => File.Exists($"/proc/{pid}/root/up"), () => "it does not run");
        Host.Shell.Stop();
        Assert.True(running.Wait(TimeSpan.FromSeconds(2)), "The pipeline did not end.");
        Eventually(() => Sleepers("web") == 0, () => "the program is left", 3);
    }

    [SkippableFact]
    public void Without_its_monitor_a_container_takes_no_further_programs_and_tells_those_it_has()
    {
        Detach("web");
        int monitor = Number("web", "MonitorProcessId");
        int pid = Number("web", "ProcessId");
        Task<Hosting.ScriptResult> running = Host.Shell.RunAsync("Invoke-ContainerCommand web sh '-c' 'echo up > /up; exec sleep 1001'");
        Eventually(() => File.Exists($"/proc/{pid}/root/up"), () => "it does not run");
        Kill(monitor);
        Assert.True(running.Wait(TimeSpan.FromSeconds(5)), "The pipeline did not end.");
        Assert.Equal(-1, running.Result.LastExitCode);
        Fails("ContainerNotSupervised", "Invoke-ContainerCommand web true");
        Eventually(() => Sleepers("web") == 0, () => "the program is left", 3);
    }

    [SkippableFact]
    public void Much_output_passes_by_the_monitor()
    {
        Detach("web");
        int monitor = Number("web", "MonitorProcessId");
        long before = Memory(monitor);
        Assert.Equal(["1073741824"], Ok(
            "$n = 0L; Invoke-ContainerCommand web -AsByteStream dd if=/dev/zero bs=1M count=1024 6>$null | ForEach-Object { $n += $_.Length }; $n").Lines);
        Assert.True(Memory(monitor) < before + (1 << 20), $"The monitor grew from {before} to {Memory(monitor)} bytes.");
    }

    [SkippableFact]
    public void Many_programs_leave_descriptors_threads_and_memory_as_they_were()
    {
        Detach("web");
        Ok("1..20 | ForEach-Object { Invoke-ContainerCommand web true; 'x' | Invoke-ContainerCommand web cat | Out-Null; $null = Start-ContainerProcess web true }");
        int monitor = Number("web", "MonitorProcessId");
        Settle();
        (int Descriptors, int Threads) own = Count(Environment.ProcessId);
        (int Descriptors, int Threads) its = Count(monitor);
        long memory = Memory(monitor);

        // A thousand programs.
        Ok("1..200 | ForEach-Object { Invoke-ContainerCommand web true; 'x' | Invoke-ContainerCommand web cat | Out-Null; Invoke-ContainerCommand web nosuch 2>$null; "
            + "Invoke-ContainerCommand web yes | Select-Object -First 1 | Out-Null; $null = Start-ContainerProcess web true }; $Error.Clear()");
        Settle();
        Eventually(() => Count(monitor) == its, () => $"monitor: {Count(monitor)} after {its}");
        Assert.InRange(Count(Environment.ProcessId).Descriptors, 0, own.Descriptors + 5);
        Assert.InRange(Count(Environment.ProcessId).Threads, 0, own.Threads + 5);
        Assert.InRange(Memory(monitor), 0, memory + (512 << 10));
        Assert.Equal(["1"], Ok("@(Get-ContainerProcess web | Where-Object HasExited -EQ $false).Count").Lines);
    }

    [SkippableFact]
    public void A_null_device_that_is_none_and_a_process_limit_are_no_riddle()
    {
        Detach("web", parameters: "-PidsLimit 4");
        Ok("Invoke-ContainerCommand web sh '-c' 'rm /dev/null; mkfifo /dev/null'");
        Assert.Equal(["1:3"], Ok("Invoke-ContainerCommand web stat '-L' '-c' '%t:%T' /proc/self/fd/0").Lines);
        Ok("$null = 1..2 | ForEach-Object { Start-ContainerProcess web sleep 1000 }");
        Fails("ProcessNotCreated", "Invoke-ContainerCommand web true");
    }

    private void Settle()
    {
        Eventually(() => Ok("Get-ContainerProcess web | Where-Object HasExited -EQ $false").Output.Count == 1, () => "a program is left");
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    private int Sleepers(string name) => Ok($"Get-ContainerProcess {name} | Where-Object {{ $_.Command -match '^100[123]$' }}").Output.Count;

    private static (int Descriptors, int Threads) Count(int pid) =>
        (Directory.GetFileSystemEntries($"/proc/{pid}/fd").Length, Directory.GetDirectories($"/proc/{pid}/task").Length);

    private static long Memory(int pid)
    {
        string line = File.ReadLines($"/proc/{pid}/status").Single(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }
}
