using System.Diagnostics;
using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Lifecycle;
using Containers.Cmdlets.Tests.Shell;

namespace Containers.Cmdlets.Tests.Terminal;

/// <summary>A person at a terminal: a session in tmux whose containers take over the terminal, and give it back whatever happens.</summary>
public sealed class TerminalSessionTests(ContainerHostFixture host) : TerminalTest(host)
{
    private const string Shell = "Invoke-ContainerImage busybox -Interactive -Terminal -Network None -Name a -Command sh";

    [SkippableFact]
    public void A_shell_follows_the_window_and_its_keys_are_its_own()
    {
        using TmuxTerminal terminal = Begin(Shell + "; \"code $LASTEXITCODE\"");
        terminal.WaitFor("/ #");
        Type(terminal, "stty size; tty; echo grüße ✓ 漢");
        string screen = terminal.WaitFor("\ngrüße ✓ 漢");
        Assert.Contains("\n24 80\n/dev/pts/0\n", screen, StringComparison.Ordinal);
        terminal.Resize(100, 30);
        Thread.Sleep(500);
        Type(terminal, "stty size");
        terminal.WaitFor("\n30 100");
        Type(terminal, "echo begin; sleep 100");
        terminal.WaitFor("\nbegin");
        terminal.Press("C-c");
        Type(terminal, "echo status $?");
        terminal.WaitFor("\nstatus 130");
        Type(terminal, "sleep 100");
        Thread.Sleep(500);
        terminal.Press("C-z");
        terminal.WaitFor("Stopped");
        Type(terminal, "fg");
        Thread.Sleep(500);
        terminal.Press("C-c");
        Type(terminal, "jobs; echo none left");
        terminal.WaitFor("\nnone left");
        Type(terminal, "stty raw -echo; echo rea''dy; dd bs=1 count=1 2>/dev/null | od -An -tx1; stty sane");
        terminal.WaitFor("ready");
        terminal.Press("C-c");
        terminal.WaitFor(" 03");
        Type(terminal, "exit 7");
        terminal.WaitFor("\ncode 7");
        AssertModeGivenBack(terminal);
    }

    [SkippableFact]
    public void Programs_that_draw_on_the_screen_are_usable()
    {
        using TmuxTerminal terminal = Begin(Shell);
        terminal.WaitFor("/ #");
        Type(terminal, "vi /text");
        terminal.WaitFor("/text 1/1");
        terminal.Type("ihello from vi");
        terminal.Press("Enter");
        terminal.Type("second line");
        terminal.Press("Escape");
        Thread.Sleep(500); // tmux would make Escape and a colon one key.
        terminal.Type(":wq");
        terminal.Press("Enter");
        Thread.Sleep(300);
        Type(terminal, "clear; wc -l /text");
        terminal.WaitFor("2 /text");
        Type(terminal, "seq 1 500 | less");
        terminal.WaitFor("\n20");
        terminal.Press("Space");
        terminal.WaitFor("\n40");
        terminal.Type("G");
        terminal.WaitFor("\n500");
        terminal.Type("q");
        Type(terminal, "top");
        terminal.WaitFor("Load average");
        terminal.Type("q");
        Type(terminal, "exit");
        terminal.WaitFor("mode back");
        AssertModeGivenBack(terminal);
    }

    [SkippableFact]
    public void Two_sessions_share_a_container_and_letting_go_leaves_it_running()
    {
        using TmuxTerminal first = Begin(Shell + "; 'let go'");
        first.WaitFor("/ #");
        using TmuxTerminal second = Begin("Connect-Container a -DetachKeys 'ctrl-x,x'");
        first.WaitFor("/ #");
        Thread.Sleep(2000);
        Type(second, "echo from $((1 + 1))");
        first.WaitFor("\nfrom 2");
        second.WaitFor("\nfrom 2");
        Type(first, "echo from $((0 + 1))");
        second.WaitFor("\nfrom 1");
        first.Press("C-p", "C-q");
        first.WaitFor("\nlet go");
        AssertModeGivenBack(first);
        Type(second, "echo still $((2 + 1))");
        second.WaitFor("\nstill 3");
        second.Press("C-x");
        second.Type("x");
        second.WaitFor("mode back");
        AssertModeGivenBack(second);
        Assert.Equal("Running", Get("a", "State"));
        using TmuxTerminal third = Begin("Start-Container a -Interactive; \"code $LASTEXITCODE\"");
        Eventually(
            () =>
            {
                Type(third, "exit 5");
                Thread.Sleep(300);
                return third.Screen().Contains("\ncode ", StringComparison.Ordinal);
            },
            third.Screen, 30);
        Assert.Contains("\ncode 5", third.Screen(), StringComparison.Ordinal);
        AssertModeGivenBack(third);
    }

    [SkippableTheory]
    [InlineData("ProcessId", "code 137")]
    [InlineData("MonitorProcessId", "code -1")]
    public void The_terminal_is_given_back_when_what_it_is_joined_to_is_killed(string victim, string code)
    {
        using TmuxTerminal terminal = Begin(Shell + "; \"code $LASTEXITCODE\"");
        terminal.WaitFor("/ #");
        Kill(Number("a", victim));
        terminal.WaitFor("\n" + code);
        AssertModeGivenBack(terminal);
    }

    [SkippableFact]
    public void The_terminal_is_given_back_when_the_session_is_told_to_end()
    {
        using TmuxTerminal terminal = Begin(Shell);
        terminal.WaitFor("/ #");
        Kill(int.Parse(File.ReadAllText(Path.Combine(terminal.Folder, "pid")), System.Globalization.CultureInfo.InvariantCulture), "TERM");
        terminal.WaitFor("mode back");
        AssertModeGivenBack(terminal);
    }

    [SkippableFact]
    public void A_flood_is_ended_by_a_key_and_escape_sequences_reach_the_terminal()
    {
        using TmuxTerminal terminal = Begin(Shell);
        terminal.WaitFor("/ #");
        Type(terminal, "printf '\\033]2;title from inside\\007'; yes");
        Thread.Sleep(1500);
        Stopwatch time = Stopwatch.StartNew();
        terminal.Press("C-c");
        Type(terminal, "clear; echo flood o''ver");
        terminal.WaitFor("flood over");
        Assert.True(time.Elapsed.TotalSeconds < 10, time.Elapsed.ToString());
        Assert.Equal("title from inside", terminal.Title());
        Type(terminal, "exit");
        terminal.WaitFor("mode back");
        AssertModeGivenBack(terminal);
    }

    [SkippableFact]
    public void Without_a_terminal_a_container_gets_what_is_typed_line_by_line()
    {
        using TmuxTerminal terminal = Begin("Invoke-ContainerImage busybox -Interactive -Network None -Name a -Command tr, a-z, A-Z; \"code $LASTEXITCODE\"");
        Eventually(() => Ok("Get-Container").Output.Count == 1, () => "no container");
        AwaitState("a", "Running");
        Type(terminal, "typed text");
        terminal.WaitFor("typed text");
        terminal.Press("C-d");
        terminal.WaitFor("TYPED TEXT\ncode 0");
        AssertModeGivenBack(terminal);
    }

    [SkippableTheory]
    [InlineData("Invoke-ContainerCommand web -Interactive -Command tr, a-z, A-Z")]
    [InlineData("Invoke-ContainerImage busybox -Interactive -Network None -RemoveOnExit -Command tr, a-z, A-Z")]
    [InlineData("$null = New-Container busybox -Interactive -Network None -Name b -Command tr, a-z, A-Z; Start-Container b -Interactive")]
    public void At_a_prompt_what_is_typed_without_a_terminal_is_seen_and_is_lines_until_the_end_of_the_input(string command)
    {
        Detach("web");
        using TmuxTerminal terminal = new($"'{BuiltOutput.Shell}' -Module '{BuiltOutput.Module}'", width: 160);
        terminal.WaitFor("PS ");
        Type(terminal, $"$PSDefaultParameterValues['*-Container*:CgroupParent'] = '{Host.CgroupParent}'; clear; 'rea' + 'dy'");
        terminal.WaitFor("\nPS ");
        string before = terminal.Mode();
        Type(terminal, $"{command}; \"code $LASTEXITCODE\"");
        Eventually(() => terminal.Mode().Contains(" icanon", StringComparison.Ordinal), terminal.Screen);
        terminal.Type("hello wrong");
        terminal.Press("C-w");
        Type(terminal, "you");
        terminal.WaitFor("\nhello you");
        terminal.Press("C-d");
        Assert.Contains("\nhello you\nHELLO YOU\ncode 0\nPS ", terminal.WaitFor("\ncode 0\nPS "), StringComparison.Ordinal);
        Eventually(() => terminal.Mode() == before, () => terminal.Mode() + before);
        Type(terminal, "'us' + 'able'");
        terminal.WaitFor("\nusable");
    }

    [SkippableFact]
    public void At_a_prompt_a_key_ends_a_program_that_gets_lines()
    {
        Detach("web");
        using TmuxTerminal terminal = new($"'{BuiltOutput.Shell}' -Module '{BuiltOutput.Module}'");
        terminal.WaitFor("PS ");
        string before = terminal.Mode();
        Type(terminal, "Invoke-ContainerCommand web -Interactive cat");
        Eventually(() => terminal.Mode().Contains(" icanon", StringComparison.Ordinal), terminal.Screen);
        Type(terminal, "a line");
        terminal.WaitFor("\na line\na line");
        terminal.Press("C-c");
        Eventually(() => terminal.Mode() == before, terminal.Screen);
        Type(terminal, "'us' + 'able'");
        terminal.WaitFor("\nusable");
        Eventually(() => Ok("@(Get-ContainerProcess web).Count").Lines is ["1"], () => "the program is left", 5);
    }

    [SkippableFact]
    public void What_ends_an_attached_session_reaches_the_container_when_asked_for()
    {
        Detach("a", "trap 'echo got TERM' TERM; trap 'echo got HUP' HUP; while :; do echo tick; sleep 0.1; done");
        foreach (string signal in new[] { "TERM", "HUP" })
        {
            using TmuxTerminal terminal = Begin("Connect-Container a -NoStdin -SignalProxy");
            terminal.WaitFor("tick");
            Kill(int.Parse(File.ReadAllText(Path.Combine(terminal.Folder, "pid")), System.Globalization.CultureInfo.InvariantCulture), signal);
            AwaitLog("a", "got " + signal);
            terminal.WaitFor("mode back");
        }

        Assert.Equal("Running", Get("a", "State"));
    }

    [SkippableFact]
    public void At_a_prompt_the_next_keys_are_the_prompts()
    {
        Skip.IfNot(TmuxTerminal.IsInstalled, "tmux is not installed");
        _ = Host.Shell;
        using TmuxTerminal terminal = new($"'{BuiltOutput.Shell}' -Module '{BuiltOutput.Module}'");
        terminal.WaitFor("PS ");
        Type(terminal, $"$PSDefaultParameterValues['Invoke-ContainerImage:CgroupParent'] = '{Host.CgroupParent}'");
        for (int turn = 0; turn < 3; turn++)
        {
            Type(terminal, "clear");
            // Each turn has its own prompt, and the text that is typed does not match it.
            Type(terminal, $"Invoke-ContainerImage busybox -Interactive -Terminal -Network None -RemoveOnExit -Environment @{{ PS1 = 'turn' + ' {turn}> ' }} -Command sh");
            terminal.WaitFor($"\nturn {turn}>");
            Type(terminal, "exit");
            Thread.Sleep(400);
            Type(terminal, $"'at ' + 'the prompt {turn}'");
            terminal.WaitFor($"\nat the prompt {turn}");
            terminal.Press("C-c");
        }
    }
}
