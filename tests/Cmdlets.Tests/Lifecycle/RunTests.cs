using System.Diagnostics;
using System.Management.Automation;
using Containers.Cmdlets.Tests.Hosting;

namespace Containers.Cmdlets.Tests.Lifecycle;

public class RunTests(ContainerHostFixture host) : LifecycleTest(host)
{
    [SkippableFact]
    public void Stdout_goes_to_the_pipeline_stderr_to_the_information_stream_and_the_code_to_LASTEXITCODE()
    {
        ScriptResult result = Ok(
            "Invoke-ContainerImage busybox -InformationVariable told -Command sh, '-c', 'echo out; echo err >&2; echo more; exit 3'");
        Assert.Equal(["out", "more"], result.Lines);
        Assert.Equal(3, result.LastExitCode);
        Assert.Equal(["err"], Ok("$told | ForEach-Object { \"$_\" }").Lines);
    }

    [SkippableTheory]
    [InlineData("true", 0)]
    [InlineData("exit 1", 1)]
    [InlineData("exit 255", 255)]
    [InlineData("sh -c 'kill -9 $$'; exit $?", 137)]
    [InlineData("sh -c 'kill -15 $$'; exit $?", 143)]
    public void The_exit_code_is_the_programs(string script, int code)
    {
        ScriptResult result = Ok("Invoke-ContainerImage busybox -PassThru -Command sh, '-c', $args[0]", script);
        Assert.Equal(code, result.LastExitCode);
        PSObject container = Assert.Single(result.Output);
        Assert.Equal(code, container.Properties["ExitCode"].Value);
        Assert.Equal("Exited", container.Properties["State"].Value.ToString());
    }

    [SkippableFact]
    public void A_code_other_than_0_is_an_error_only_when_asked_for()
    {
        ErrorRecord error = Fails("ContainerExitedNonZero", "Invoke-ContainerImage busybox -ErrorOnNonZeroExit -Command false");
        Assert.Equal(ErrorCategory.InvalidOperation, error.CategoryInfo.Category);
        Ok("Invoke-ContainerImage busybox -ErrorOnNonZeroExit -Command true");
    }

    [SkippableFact]
    public void Pipeline_input_is_stdin_and_its_end_is_the_end_of_the_file()
    {
        Assert.Equal(["b", "a"], Ok("'a', 'b' | Invoke-ContainerImage busybox -RemoveOnExit -Command tac").Lines);
        Assert.Equal(["3"], Ok(", [byte[]](1, 2, 3) | Invoke-ContainerImage busybox -RemoveOnExit -Command wc, '-c'").Lines);
        Assert.Equal(["0"], Ok("@() | Invoke-ContainerImage busybox -RemoveOnExit -Command wc, '-c'").Lines);
        Assert.Equal(["none"], InContainer("read x || echo none"));
    }

    [SkippableFact]
    public void Much_goes_in_and_out_without_loss()
    {
        Assert.Equal(["100000", "1", "100000"], Ok(
            "$all = @(1..100000 | Invoke-ContainerImage busybox -RemoveOnExit -Command cat); $all.Count; $all[0]; $all[-1]").Lines);
    }

    [SkippableFact]
    public void A_program_that_reads_nothing_does_not_hold_the_pipeline()
    {
        Assert.Equal(["done"], Ok("1..100000 | Invoke-ContainerImage busybox -RemoveOnExit -Command echo, done").Lines);
    }

    [SkippableFact]
    public void Lines_come_while_the_program_runs_and_select_first_ends_it()
    {
        Stopwatch time = Stopwatch.StartNew();
        Assert.Equal(
            ["1"],
            Ok("Invoke-ContainerImage busybox -Name early -Command sh, '-c', 'echo 1; trap \"exit 0\" TERM; while :; do sleep 0.1; done' | Select-Object -First 1")
                .Lines);
        Assert.True(time.Elapsed.TotalSeconds < 8, $"{time.Elapsed}");
        AwaitState("early", "Exited");
    }

    [SkippableFact]
    public async Task Ctrl_c_ends_the_run_in_time()
    {
        Run("1");
        Task<ScriptResult> running = Host.Shell.RunAsync("Invoke-ContainerImage busybox -RemoveOnExit -Command sleep, 1000");
        Eventually(() => Host.Monitors().Any() || running.IsCompleted, () => "no monitor came");
        Stopwatch time = Stopwatch.StartNew();
        Host.Shell.Stop();
        Assert.True((await running).Stopped);
        Assert.True(time.Elapsed.TotalSeconds < 6, $"{time.Elapsed}");
        Eventually(() => Host.Leftovers().Length == 0, Host.Leftovers);
    }

    [SkippableFact]
    public void Detached_it_runs_on_and_the_object_says_so()
    {
        PSObject container = Assert.Single(Ok("Invoke-ContainerImage busybox -Detach -Name web -Command sleep, 1000").Output);
        Assert.Equal("Running", container.Properties["State"].Value.ToString());
        int pid = (int)container.Properties["ProcessId"].Value;
        Assert.Equal("sleep\01000\0", File.ReadAllText($"/proc/{pid}/cmdline"));
        Assert.True(IsAlive((int)container.Properties["MonitorProcessId"].Value));
    }

    [SkippableFact]
    public void Without_a_command_the_images_runs()
    {
        Assert.Equal(["4"], Ok("'echo $((2 + 2))' | Invoke-ContainerImage busybox -RemoveOnExit").Lines);
    }

    [SkippableFact]
    public void Remove_on_exit_leaves_nothing()
    {
        InContainer("echo x > /file");
        Eventually(() => Host.Leftovers().Length == 0, Host.Leftovers);
        Assert.Empty(Ok("Get-Container").Output);
    }

    [SkippableFact]
    public void What_if_does_nothing()
    {
        Ok("Invoke-ContainerImage busybox -WhatIf; New-Container busybox -WhatIf; Invoke-ContainerImage busybox -Detach -WhatIf");
        Assert.Equal("", Host.Leftovers());
    }

    [SkippableFact]
    public void The_files_of_a_container_stay_with_it_and_the_image_stays_as_it_was()
    {
        Ok("Invoke-ContainerImage busybox -Name a -Command sh, '-c', 'test ! -e /kept || cat /kept; echo yes > /kept'");
        Ok("Start-Container a; $null = Wait-Container a -Timeout 10");
        Assert.Equal(["yes"], Log("a"));
        Assert.Equal(["no"], InContainer("test -e /kept && echo yes || echo no"));
    }

    [SkippableFact]
    public void Sixty_runs_leave_no_descriptor_thread_zombie_mount_or_cgroup()
    {
        Ok("1..3 | ForEach-Object { Invoke-ContainerImage busybox -RemoveOnExit -Command true }");
        int descriptors = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        int threads = Directory.GetDirectories("/proc/self/task").Length;
        Ok("1..60 | ForEach-Object { Invoke-ContainerImage busybox -RemoveOnExit -Command true; if ($LASTEXITCODE) { throw $LASTEXITCODE } }");
        Eventually(() => Host.Leftovers().Length == 0, Host.Leftovers);
        Eventually(
            () => !Children(Environment.ProcessId).Any(pid => StateOf(pid) == "Z"), () => "zombies are left");
        int now = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        Assert.True(now < descriptors + 15, $"{descriptors} descriptors became {now}");
        int later = Directory.GetDirectories("/proc/self/task").Length;
        Assert.True(later < threads + 15, $"{threads} threads became {later}");
    }
}
