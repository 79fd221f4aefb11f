using System.Diagnostics;

namespace Containers.Cmdlets.Tests.Shell;

public sealed class ShellPromptTests
{
    private const string NoTmux = "tmux is not installed";

    [SkippableFact]
    public void A_line_is_edited_and_run_and_comes_back_from_the_history()
    {
        Skip.IfNot(TmuxTerminal.IsInstalled, NoTmux);
        using TmuxTerminal terminal = new();
        terminal.Type("'wo' + 'rld' + '!'");
        terminal.Press("C-a");
        terminal.Type("'hello ' + ");
        terminal.Press("C-e", "BSpace");
        terminal.Type("?'");
        terminal.Press("M-b", "M-b", "C-e", "BSpace", "BSpace");
        terminal.Type("!'");
        terminal.Press("Enter");
        terminal.WaitFor("\nhello world!");
        terminal.Type("40 + 1");
        terminal.Press("Enter");
        terminal.WaitFor("\n41");
        terminal.Press("Up", "BSpace");
        terminal.Type("2");
        terminal.Press("Enter");
        terminal.WaitFor("\n42");
        terminal.Type("exit");
        terminal.Press("Enter");
        terminal.WaitFor("icanon");
        Assert.Contains("40 + 2", File.ReadAllText(Path.Combine(terminal.Folder, "containers-shell", "history")), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Tab_completes_cycles_and_lists()
    {
        Skip.IfNot(TmuxTerminal.IsInstalled, NoTmux);
        using TmuxTerminal terminal = new();
        terminal.Type("Get-Ti");
        terminal.Press("Tab");
        terminal.WaitFor("Get-Tiny");
        terminal.Type(" -Na");
        terminal.Press("Tab");
        terminal.WaitFor("Get-Tiny -Name");
        terminal.Type(" db");
        terminal.Press("Enter");
        terminal.WaitFor("db                  2");
        terminal.Type("Format-");
        terminal.Press("Tab");
        terminal.WaitFor("> Format-List");
        terminal.Press("Tab");
        string screen = terminal.WaitFor("> Format-Table");
        Assert.Contains("\nFormat-List   Format-Table", screen, StringComparison.Ordinal);
        terminal.Press("BTab");
        terminal.WaitFor("> Format-List", 5);
    }

    [SkippableFact]
    public void An_open_brace_asks_for_more_lines()
    {
        Skip.IfNot(TmuxTerminal.IsInstalled, NoTmux);
        using TmuxTerminal terminal = new();
        terminal.Type("1..2 | ForEach-Object {");
        terminal.Press("Enter");
        terminal.WaitFor("\n>>");
        terminal.Type("\"item $_\" }");
        terminal.Press("Enter");
        terminal.WaitFor("\nitem 1\nitem 2");
    }

    [SkippableFact]
    public void Ctrl_C_stops_the_pipeline_and_returns_to_the_prompt()
    {
        Skip.IfNot(TmuxTerminal.IsInstalled, NoTmux);
        using TmuxTerminal terminal = new();
        terminal.Type("'before'; Start-Sleep 30; 'after'");
        terminal.Press("Enter");
        terminal.WaitFor("\nbefore");
        Stopwatch watch = Stopwatch.StartNew();
        terminal.Press("C-c");
        Thread.Sleep(300);
        terminal.Type("'still ' + 'here'");
        terminal.Press("C-c");
        terminal.Type("'again ' + 'here'");
        terminal.Press("Enter");
        string screen = terminal.WaitFor("\nagain here");
        Assert.True(watch.Elapsed.TotalSeconds < 15, screen);
        Assert.DoesNotContain("\nafter", screen, StringComparison.Ordinal);
        Assert.DoesNotContain("\nstill here", screen, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_long_line_survives_a_smaller_screen()
    {
        Skip.IfNot(TmuxTerminal.IsInstalled, NoTmux);
        using TmuxTerminal terminal = new();
        terminal.Type("'" + new string('x', 70) + "'.Length");
        terminal.WaitFor(".Length");
        terminal.Resize(40, 20);
        Thread.Sleep(300);
        terminal.Type(" + 1");
        terminal.Press("Enter");
        Assert.Single(terminal.WaitFor("\n71").Split('\n'), line => line.StartsWith("PS ", StringComparison.Ordinal) && line.Contains("'x", StringComparison.Ordinal));
    }

    [SkippableFact]
    public void A_confirmation_is_asked_and_a_secret_is_not_shown()
    {
        Skip.IfNot(TmuxTerminal.IsInstalled, NoTmux);
        using TmuxTerminal terminal = new();
        terminal.Type("Remove-Tiny a");
        terminal.Press("Enter");
        terminal.WaitFor("[Y] Yes");
        terminal.Type("y");
        terminal.Press("Enter");
        terminal.WaitFor("\nremoved a");
        terminal.Type("(Read-Host Word -AsSecureString).Length");
        terminal.Press("Enter");
        terminal.WaitFor("\nWord:");
        terminal.Type("geheim");
        terminal.Press("Enter");
        Assert.DoesNotContain("geheim", terminal.WaitFor("\n6"), StringComparison.Ordinal);
    }
}
