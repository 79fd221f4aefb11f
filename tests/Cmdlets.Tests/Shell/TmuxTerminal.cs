using System.Diagnostics;
using Containers.Cmdlets.Tests.Hosting;

namespace Containers.Cmdlets.Tests.Shell;

/// <summary>A real terminal: a tmux server of its own with one window in which containers-shell or another command runs.</summary>
internal sealed class TmuxTerminal : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _socket;

    internal TmuxTerminal(int width = 60, int height = 20)
    {
        _socket = Path.Combine(_folder.Path, "tmux");
        string module = _folder.Module();
        string shell = $"cd {_folder.Path}; env XDG_DATA_HOME={_folder.Path} TERM=screen '{BuiltOutput.Shell}' -Module '{module}'; stty -a | tr ' ;' '\\n' | grep -x icanon; sleep 60";
        Tmux("-f", "/dev/null", "new-session", "-d", "-x", $"{width}", "-y", $"{height}", shell);
        WaitFor("PS ");
    }

    /// <param name="command">A shell command that runs in the window; the folder is its directory.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    internal TmuxTerminal(string command, int width = 80, int height = 24)
    {
        _socket = Path.Combine(_folder.Path, "tmux");
        Tmux("-f", "/dev/null", "new-session", "-d", "-x", $"{width}", "-y", $"{height}", $"cd {_folder.Path}; {command}");
    }

    internal static bool IsInstalled => File.Exists("/usr/bin/tmux");

    internal string Folder => _folder.Path;

    public void Dispose()
    {
        Tmux("kill-server");
        _folder.Dispose();
    }

    /// <summary>Keys by tmux's names (Up, C-a, M-b, Enter) or texts.</summary>
    internal void Press(params string[] keys)
    {
        foreach (string key in keys)
        {
            Tmux("send-keys", key);
        }
    }

    internal void Type(string text) => Tmux("send-keys", "-l", text);

    internal void Resize(int width, int height) => Tmux("resize-window", "-x", $"{width}", "-y", $"{height}");

    /// <summary>What programs in it say its title is.</summary>
    internal string Title() => Tmux("display-message", "-p", "#{pane_title}").TrimEnd();

    /// <summary>The terminal's mode as it is, whatever program is asked by it: what stty tells inside is what a program would find.</summary>
    internal string Mode()
    {
        using Process process = Process.Start(new ProcessStartInfo(
            "/usr/bin/stty", ["-a", "-F", Tmux("display-message", "-p", "#{pane_tty}").Trim()]) { RedirectStandardOutput = true })!;
        string mode = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return mode;
    }

    internal string Screen() => Tmux("capture-pane", "-p").TrimEnd();

    /// <summary>Waits until the screen shows a text, at most 30 seconds.</summary>
    internal string WaitFor(string text, int seconds = 30)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (true)
        {
            string screen = Screen();
            if (screen.Contains(text, StringComparison.Ordinal))
            {
                return screen;
            }

            if (watch.Elapsed.TotalSeconds > seconds)
            {
                throw new TimeoutException($"The screen does not show '{text}' but:\n{screen}");
            }

            Thread.Sleep(50);
        }
    }

    private string Tmux(params string[] arguments)
    {
        ProcessStartInfo start = new("/usr/bin/tmux", ["-S", _socket, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
