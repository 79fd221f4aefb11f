using System.Globalization;
using System.Management.Automation;
using Containers.Cmdlets.Tests.Lifecycle;
using Containers.Cmdlets.Tests.Shell;

namespace Containers.Cmdlets.Tests.Terminal;

/// <summary>Terminals of further programs: Enter-ContainerSession and Invoke-ContainerCommand -Interactive -Terminal.</summary>
public sealed class ExecTerminalTests(ContainerHostFixture host) : TerminalTest(host)
{
    [SkippableFact]
    public void A_shell_in_a_container_is_usable_as_any_other()
    {
        Detach("web");
        using TmuxTerminal terminal = Begin("Enter-ContainerSession web; \"code $LASTEXITCODE\"");
        terminal.WaitFor("/ #");
        Type(terminal, "stty size; tty; echo $TERM grüße ✓ 漢");
        Assert.Contains("\n24 80\n/dev/pts/0\n", terminal.WaitFor("\nxterm grüße ✓ 漢"), StringComparison.Ordinal);
        Type(terminal, "sh -c 'trap \"stty size; exit\" WINCH; echo trap\"\"ped; while :; do sleep 0.1; done'");
        terminal.WaitFor("\ntrapped");
        terminal.Resize(100, 30);
        terminal.WaitFor("\n30 100");
        Type(terminal, "clear; echo beg''in; sleep 100");
        terminal.WaitFor("begin");
        terminal.Press("C-c");
        Type(terminal, "echo status $?");
        terminal.WaitFor("\nstatus 130");
        Type(terminal, "echo sleep''ing; sleep 100");
        terminal.WaitFor("\nsleeping");
        terminal.Press("C-z");
        terminal.WaitFor("Stopped");
        Type(terminal, "fg");
        terminal.WaitFor("fg\nsleep 100");
        terminal.Press("C-c");
        Type(terminal, "jobs; echo none l''eft");
        terminal.WaitFor("\nnone left");
        Type(terminal, "stty raw -echo; echo rea''dy; dd bs=1 count=1 2>/dev/null | od -An -tx1; stty sane");
        terminal.WaitFor("ready");
        terminal.Press("C-c");
        terminal.WaitFor(" 03");
        Type(terminal, "exit 7");
        terminal.WaitFor("\ncode 7");
        AssertModeGivenBack(terminal);
        Assert.Equal(["1"], Ok("@(Get-ContainerProcess web).Count").Lines);
    }

    [SkippableFact]
    public void Programs_that_draw_on_the_screen_are_usable()
    {
        Detach("web");
        using TmuxTerminal terminal = Begin("Invoke-ContainerCommand web -Interactive -Terminal -Command sh; \"code $LASTEXITCODE\"");
        terminal.WaitFor("/ #");
        Type(terminal, "vi /text");
        terminal.WaitFor("/text 1/1");
        terminal.Type("ihello from vi");
        terminal.Press("Enter");
        terminal.Type("second line");
        terminal.WaitFor("second line");
        terminal.Press("Escape");
        Thread.Sleep(500); // tmux would make Escape and a colon one key.
        terminal.Type(":wq");
        terminal.Press("Enter");
        Eventually(() => Ok("Invoke-ContainerCommand web sh '-c' 'wc -l </text'").Lines is ["2"], terminal.Screen);
        Type(terminal, "seq 1 500 | less");
        terminal.WaitFor("\n20");
        terminal.Type("G");
        terminal.WaitFor("\n500");
        terminal.Type("q");
        Type(terminal, "exit");
        terminal.WaitFor("code 0");
        AssertModeGivenBack(terminal);
    }

    [SkippableTheory]
    [InlineData("container", "code 137")]
    [InlineData("monitor", "code -1")]
    [InlineData("shell", "code 137")]
    public void The_terminal_is_given_back_when_something_is_killed(string victim, string code)
    {
        Detach("web");
        using TmuxTerminal terminal = Begin("Enter-ContainerSession web; \"code $LASTEXITCODE\"");
        terminal.WaitFor("/ #");
        Kill(victim == "shell" ? Shell() : Number("web", victim == "monitor" ? "MonitorProcessId" : "ProcessId"));
        terminal.WaitFor("\n" + code);
        AssertModeGivenBack(terminal);
    }

    [SkippableFact]
    public void The_keys_let_go_of_the_shell_which_runs_on_and_is_nobodys()
    {
        Detach("web");
        int monitor = Number("web", "MonitorProcessId");
        int before = Directory.GetFileSystemEntries($"/proc/{monitor}/fd").Length;
        using TmuxTerminal terminal = Begin("Enter-ContainerSession web -DetachKeys 'ctrl-x,x'; 'let go'");
        terminal.WaitFor("/ #");
        Type(terminal, "seq 1 200000; echo done >/done; exit 9");
        terminal.Press("C-x");
        terminal.Type("x");
        terminal.WaitFor("\nlet go");
        Assert.Contains("runs on in container", terminal.Screen().Replace("\n", "", StringComparison.Ordinal), StringComparison.Ordinal);
        AssertModeGivenBack(terminal);
        Eventually(() => Ok("Invoke-ContainerCommand web cat /done 6>$null").Lines is ["done"], () => "what it writes holds it up");
        Eventually(
            () => Ok("Get-ContainerProcess web | Where-Object HasExited | ForEach-Object { \"$($_.Detached) $($_.ExitCode)\" }").Lines is ["True 9"],
            () => "the exit code is lost");
        Eventually(() => Directory.GetFileSystemEntries($"/proc/{monitor}/fd").Length == before, () => "the monitor keeps descriptors");
    }

    [SkippableFact]
    public void The_end_of_the_session_or_of_its_window_ends_the_shell_and_its_jobs()
    {
        Detach("web");
        using (TmuxTerminal terminal = Begin("Enter-ContainerSession web"))
        {
            terminal.WaitFor("/ #");
            Type(terminal, "sleep 1001");
            Eventually(() => Sleepers() == 1, terminal.Screen);
            Kill(int.Parse(File.ReadAllText(Path.Combine(terminal.Folder, "pid")), CultureInfo.InvariantCulture), "TERM");
            AssertModeGivenBack(terminal);
            Eventually(() => Sleepers() == 0, () => "the job is left", 5);
        }

        using (TmuxTerminal terminal = Begin("Enter-ContainerSession web"))
        {
            terminal.WaitFor("/ #");
            Type(terminal, "sleep 1001");
            Eventually(() => Sleepers() == 1, terminal.Screen);
        }

        Eventually(() => Ok("@(Get-ContainerProcess web).Count").Lines is ["1"], () => "something is left", 5);
    }

    [SkippableFact]
    public void Several_sessions_have_terminals_of_their_own()
    {
        Detach("web", parameters: "-Terminal -Interactive");
        using TmuxTerminal first = Begin("Enter-ContainerSession web -Environment @{ PS1 = 'first> ' }; \"code $LASTEXITCODE\"");
        using TmuxTerminal second = Begin(
            "Invoke-ContainerCommand web -Interactive -Terminal -User 1000:1001 -WorkingDirectory /tmp -Environment @{ PS1 = 'second> ' } -Command sh; \"code $LASTEXITCODE\"");
        first.WaitFor("first>");
        second.WaitFor("second>");
        Type(second, "echo $(id -u):$(id -g) $PWD $(stat -c %u $(tty)); : >/dev/tty && echo may wr''ite");
        second.WaitFor("\n1000:1001 /tmp 1000\nmay write");
        Type(first, "echo on $(tty)");
        first.WaitFor("on /dev/pts/");
        Assert.DoesNotContain("on /dev", second.Screen(), StringComparison.Ordinal);
        Type(first, "exit 1");
        first.WaitFor("code 1");
        Type(second, "exit 2");
        second.WaitFor("code 2");
    }

    [SkippableFact]
    public void What_cannot_be_entered_is_said_and_the_terminal_is_as_before()
    {
        Detach("web");
        using TmuxTerminal terminal = Begin("Enter-ContainerSession web -Shell nosuchshell; Enter-ContainerSession web -WorkingDirectory /nosuch; 'after'");
        string screen = terminal.WaitFor("\nafter");
        Assert.Contains("nosuchshell", screen, StringComparison.Ordinal);
        Assert.Contains("/nosuch", screen, StringComparison.Ordinal);
        AssertModeGivenBack(terminal);
        Assert.Equal(["1"], Ok("@(Get-ContainerProcess web).Count").Lines);
    }

    [SkippableFact]
    public void The_shell_is_the_users_own_if_there_is_one()
    {
        Detach("web");
        Ok("Invoke-ContainerCommand web sh '-c' $args[0]", """
            mkdir -p /etc; printf '#!/bin/sh\necho my own $1; exit 4\n' >/bin/own; chmod +x /bin/own; cp /bin/own /bin/nologin
            printf 'me:x:77:78::/:/bin/own\nservice:x:79:79::/:/bin/nologin\nlost:x:80:80::/:/bin/lost\n' >/etc/passwd
            """);
        using TmuxTerminal terminal = Begin(
            "Enter-ContainerSession web -User me; \"code $LASTEXITCODE\"; Enter-ContainerSession web -User 0 -Shell own, with-argument; "
            + "foreach ($user in 'service', 'lost') { Enter-ContainerSession web -User $user -Environment @{ PS1 = \"$user> \" } }");
        terminal.WaitFor("my own\ncode 4\nmy own with-argument");
        terminal.WaitFor("\nservice>");
        Type(terminal, "exit");
        terminal.WaitFor("\nlost>");
        Type(terminal, "exit");
        AssertModeGivenBack(terminal);
    }

    [SkippableFact]
    public void Without_a_shell_a_terminal_or_a_running_container_the_error_says_so()
    {
        Detach("web");
        ErrorRecord error = Fails("TerminalRequired", "Enter-ContainerSession web");
        Assert.Equal(ErrorCategory.InvalidOperation, error.CategoryInfo.Category);
        Assert.Contains("Invoke-ContainerCommand", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Fails("TerminalRequired", "Invoke-ContainerCommand web -Interactive -Terminal -Command sh");
        Fails("InputWithTerminal", "'text' | Invoke-ContainerCommand web -Terminal -Command cat");
        Fails("InvalidDetachKeys", "Enter-ContainerSession web -DetachKeys 'p,,q'");
        Fails("ContainerNotFound", "Enter-ContainerSession nobody*");
        Fails("UserNotFound", "Enter-ContainerSession web -User nobody-known");
        Ok("Invoke-ContainerCommand web busybox rm '-f' /bin/sh /bin/ash /bin/bash");
        Fails("ShellNotFound", "Enter-ContainerSession web");
        Ok("Invoke-ContainerCommand web busybox mv /dev/pts /dev/elsewhere 6>$null; Suspend-Container web");
        Fails("ContainerPaused", "Enter-ContainerSession web");
        Fails("ContainerPaused", "Invoke-ContainerCommand web -Terminal -Command true");
        Ok("Resume-Container web; Stop-Container web -Force");
        Fails("ContainerNotRunning", "Enter-ContainerSession web");
        Fails("ContainerNotRunning", "Invoke-ContainerCommand web -Terminal -Command true");
    }

    [SkippableFact]
    public void Without_input_a_terminals_output_comes_down_the_pipeline()
    {
        Detach("web", parameters: "-Terminal");
        Assert.Equal(["/dev/pts/1", "xterm", "to both", "3"], Ok("Invoke-ContainerCommand web -Terminal -Command sh, '-c', 'tty; echo $TERM; echo to both >&2; exit 3'; $LASTEXITCODE").Lines);
        Assert.Equal(["none"], Ok("Invoke-ContainerCommand web -Command sh, '-c', 'echo ${TERM-none}'").Lines);
        Assert.Equal(["1", "30000"], Ok("Invoke-ContainerCommand web -Terminal -Command seq, 1, 30000 | Select-Object -Index 0, 29999").Lines);
        Assert.Equal(["vt100"], Ok("Invoke-ContainerCommand web -Terminal -Environment TERM=vt100 -Command sh, '-c', 'echo $TERM'").Lines);
        Assert.Equal(["y"], Ok("Invoke-ContainerCommand web -Terminal -Command yes | Select-Object -First 1").Lines);
        Eventually(() => Ok("@(Get-ContainerProcess web).Count").Lines is ["1"], () => "a program is left", 5);
    }

    [SkippableFact]
    public void A_terminal_that_is_closed_and_opened_again_or_held_by_another_is_no_end_and_no_hang()
    {
        Detach("web");
        Assert.Equal(
            ["again"],
            Ok("Invoke-ContainerCommand web -Terminal -Command sh, '-c', 'exec 0</dev/null 1>/dev/null 2>&1; sleep 0.3; echo again >/dev/tty'").Lines);
        Assert.Equal(["here"], Ok("Invoke-ContainerCommand web -Terminal -Command sh, '-c', 'trap \"\" HUP; sleep 1001 & echo here'").Lines);
        Ok("Get-ContainerProcess web | Where-Object Name -EQ sleep | Where-Object Pid -NE 1 | Stop-ContainerProcess -Force");
    }

    [SkippableFact]
    public void Many_terminals_leave_descriptors_and_memory_as_they_were()
    {
        const string Round = "Invoke-ContainerCommand web -Terminal -Command true; Invoke-ContainerCommand web -Terminal -Command nosuch 2>$null; "
            + "Invoke-ContainerCommand web -Terminal -Command yes | Select-Object -First 1 | Out-Null";
        Detach("web");
        int monitor = Number("web", "MonitorProcessId");
        Ok($"1..10 | ForEach-Object {{ {Round} }}; $Error.Clear()");
        Settle();
        (int Its, int Own) before = (Descriptors(monitor), Descriptors(Environment.ProcessId));
        Ok($"1..100 | ForEach-Object {{ {Round} }}; $Error.Clear()");
        Settle();
        Eventually(() => Descriptors(monitor) == before.Its, () => $"monitor: {Descriptors(monitor)} after {before.Its}");
        Assert.InRange(Descriptors(Environment.ProcessId), 0, before.Own + 5);
        Assert.Equal(["ptmx"], Ok("Invoke-ContainerCommand web ls /dev/pts").Lines);
    }

    private void Settle()
    {
        Eventually(() => Ok("@(Get-ContainerProcess web).Count").Lines is ["1"], () => "a program is left", 5);
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    private int Shell() => int.Parse(Ok("Get-ContainerProcess web | Where-Object Pid -NE 1 | ForEach-Object HostPid").Lines.Single(), CultureInfo.InvariantCulture);

    private int Sleepers() => Ok("Get-ContainerProcess web | Where-Object { $_.Command -contains '1001' }").Output.Count;

    private static int Descriptors(int pid) => Directory.GetFileSystemEntries($"/proc/{pid}/fd").Length;
}
