using System.Diagnostics;
using System.Management.Automation;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Terminal;

/// <summary>Terminals and attaching as a script sees them, which has no terminal itself.</summary>
public sealed class AttachTests(ContainerHostFixture host) : LifecycleTest(host)
{
    [SkippableFact]
    public void A_terminal_in_the_background_needs_none_of_the_sessions()
    {
        Detach("a", "tty; echo $TERM; [ -t 0 ] && [ -t 2 ] && echo yes; ls -l /dev/console | cut -c1", "-Terminal");
        AwaitState("a", "Exited");
        Assert.Equal(["/dev/pts/0", "xterm", "yes", "c"], Log("a"));
    }

    [SkippableFact]
    public void A_program_that_drops_root_owns_its_terminal() =>
        Assert.Equal(
            ["1000", "620 1000 5", "opened"],
            InContainer("id -u; stat -c '%a %u %g' /dev/pts/0; (: >/dev/console) && (: >/dev/stdout) && echo opened", "-Terminal -User 1000"));

    [SkippableFact]
    public void The_images_own_console_and_ptmx_are_not_touched()
    {
        Ok("""
            $root = Join-Path $args[0] root
            sh -ec 'mkdir -p "$1/dev/pts" "$1/bin" "$1/etc"; echo mine >"$1/etc/target"; ln -s /etc/target "$1/dev/console"; echo false >"$1/dev/pts/ptmx"; ln -s pts/ptmx "$1/dev/ptmx"; cp "$(command -v busybox)" "$1/bin/busybox"; ln -s busybox "$1/bin/sh"; tar -C "$1" -cf "$1.tar" .' sh $root
            $null = Import-ContainerImage "$root.tar" -AsRootFileSystem evil
            """, Host.Shell.DataRoot);
        Assert.Equal(
            ["/dev/pts/0", "c", "mine"],
            Ok("Invoke-ContainerImage evil -Terminal -RemoveOnExit -Command sh, '-c', 'busybox tty; busybox ls -l /dev/console | busybox cut -c1; busybox cat /etc/target'").Lines);
    }

    [SkippableFact]
    public void Without_a_terminal_the_error_says_what_to_do_and_nothing_is_made()
    {
        ErrorRecord error = Fails("TerminalRequired", "Invoke-ContainerImage busybox -Interactive -Terminal -Name a -Command sh");
        Assert.Equal(ErrorCategory.InvalidOperation, error.CategoryInfo.Category);
        Assert.Contains("-Detach", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(Ok("Get-Container").Output);
        Ok("$null = New-Container busybox -Interactive -Terminal -Name a -Command sh");
        Fails("TerminalRequired", "Start-Container a -Interactive");
        Assert.Equal("Created", Get("a", "State"));
        Ok("Start-Container a");
        Fails("TerminalRequired", "Connect-Container a");
    }

    [SkippableFact]
    public void Keys_that_are_none_are_refused_before_anything_starts()
    {
        Ok("$null = New-Container busybox -Name a -Command true");
        Fails("InvalidDetachKeys", "Start-Container a -Attach -DetachKeys 'ctrl-'");
        Fails("InvalidDetachKeys", "Connect-Container a -DetachKeys 'p,,q'");
        Fails("InvalidDetachKeys", "Invoke-ContainerImage busybox -Name b -DetachKeys alt-x -Command true");
        Assert.Equal(["a Created"], Ok("Get-Container | ForEach-Object { \"$($_.Name) $($_.State)\" }").Lines);
    }

    [SkippableFact]
    public void A_terminal_does_not_read_the_pipeline()
    {
        Fails("InputWithTerminal", "'text' | Invoke-ContainerImage busybox -Terminal -Name a -Command cat");
        Assert.Empty(Ok("Get-Container").Output);
    }

    [SkippableFact]
    public void What_does_not_run_cannot_be_attached_to()
    {
        Ok("$null = New-Container busybox -Name a -Command sleep, 1000");
        Fails("ContainerNotRunning", "Connect-Container a");
        Fails("ContainerNotFound", "Connect-Container nobody");
        Ok("Start-Container a; Suspend-Container a");
        Fails("ContainerPaused", "Connect-Container a");
        Fails("ContainerPaused", "Start-Container a");
    }

    [SkippableFact]
    public void Attached_lines_come_down_the_pipeline_and_letting_go_leaves_the_container_running()
    {
        Detach("a", "while true; do echo out; echo err >&2; sleep 0.1; done");
        Stopwatch time = Stopwatch.StartNew();
        Assert.Equal(["out", "out"], Ok("Connect-Container a | Select-Object -First 2").Lines);
        Assert.True(time.Elapsed.TotalSeconds < 5, time.Elapsed.ToString());
        Assert.Equal("Running", Get("a", "State"));
        Assert.Contains("err", Ok("$null = Connect-Container a -InformationVariable said | Select-Object -First 3; \"$said\"").Lines[0], StringComparison.Ordinal);
    }

    [SkippableFact]
    public void The_end_of_an_attached_container_gives_its_exit_code()
    {
        Detach("a", "sleep 0.7; echo last; exit 9");
        Assert.Equal(["last", "9"], Ok("Connect-Container a; $LASTEXITCODE").Lines);
    }

    [SkippableFact]
    public void A_container_that_is_started_attached_shows_this_run_only()
    {
        Ok("$null = New-Container busybox -Name a -Command sh, '-c', 'echo run; exit 3'");
        Assert.Equal(["run", "3"], Ok("Start-Container a -Attach; $LASTEXITCODE").Lines);
        Assert.Equal(["run", "Exited"], Ok("(Start-Container a -Attach -PassThru) | ForEach-Object { if ($_ -is [string]) { $_ } else { \"$($_.State)\" } }").Lines);
        Assert.Equal(["run", "run"], Log("a"));
    }

    [SkippableFact]
    public void Starting_attached_what_runs_already_attaches_to_it()
    {
        Detach("a", "while true; do echo out; sleep 0.1; done");
        Assert.Equal(["out"], Ok("Start-Container a -Attach | Select-Object -First 1").Lines);
        Assert.Equal("Running", Get("a", "State"));
    }

    [SkippableFact]
    public void A_restarted_container_has_a_terminal_again()
    {
        Detach("a", "tty; exit 1", "-Terminal -RestartPolicy OnFailure -RestartMaximum 2");
        AwaitState("a", "Exited");
        Assert.Equal(["/dev/pts/0", "/dev/pts/0", "/dev/pts/0"], Log("a"));
    }

    [SkippableFact]
    public void A_flood_on_a_terminal_that_nobody_reads_neither_grows_the_monitor_nor_stops_the_log()
    {
        Detach("a", "yes $(printf %099d 0) | head -c 20000000 >/dev/tty; echo; echo done; sleep 1000", "-Terminal -LogMaximumSize 1MB -LogMaximumFile 2");
        int monitor = Number("a", "MonitorProcessId");
        Eventually(
            () => Ok("Get-ContainerLog a -Raw -Tail 1").Lines is ["done"], () => "the flood does not end", 60);
        string size = File.ReadLines($"/proc/{monitor}/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        Assert.InRange(int.Parse(size.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture), 1, 16 << 10);
    }
}
