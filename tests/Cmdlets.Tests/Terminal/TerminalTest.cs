using System.Diagnostics;
using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Lifecycle;
using Containers.Cmdlets.Tests.Shell;

namespace Containers.Cmdlets.Tests.Terminal;

/// <summary>A test of what somebody sees who sits at a terminal.</summary>
public abstract class TerminalTest(ContainerHostFixture host) : LifecycleTest(host)
{
    private readonly List<TemporaryFolder> _folders = [];

    /// <summary>Runs a script in a session of its own in tmux, and writes down the terminal's mode before and after.</summary>
    private protected TmuxTerminal Begin(string script)
    {
        Skip.If(Host.Missing is not null, Host.Missing);
        Skip.IfNot(TmuxTerminal.IsInstalled, "tmux is not installed");
        _ = Host.Shell; // Its roots are in the environment.
        string text = $"$PSDefaultParameterValues = @{{ 'Invoke-ContainerImage:CgroupParent' = '{Host.CgroupParent}' }}; {script}";
        TemporaryFolder folder = new();
        _folders.Add(folder);
        string file = folder.File("script.ps1", text);
        return new TmuxTerminal(
            $"stty -a >before; sh -c 'echo $$ >pid; exec \"$@\"' sh '{BuiltOutput.Shell}' -Module '{BuiltOutput.Module}' -File '{file}'; "
            + "stty -a >after; echo; echo mode back; sleep 100");
    }

    protected override void Clean()
    {
        base.Clean();
        _folders.ForEach(folder => folder.Dispose());
    }

    private protected static void Type(TmuxTerminal terminal, string line)
    {
        terminal.Type(line);
        terminal.Press("Enter");
    }

    /// <summary>The size may differ: the window may have been made larger.</summary>
    private protected static void AssertModeGivenBack(TmuxTerminal terminal)
    {
        terminal.WaitFor("mode back");
        static string Mode(string path) => string.Join('\n', File.ReadLines(path).Skip(1));
        Assert.Equal(Mode(Path.Combine(terminal.Folder, "before")), Mode(Path.Combine(terminal.Folder, "after")));
    }

    private protected static void Kill(int pid, string signal)
    {
        using Process kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {pid}"]);
        kill.WaitForExit();
    }
}
