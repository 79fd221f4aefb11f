using System.Management.Automation.Language;
using System.Text;
using Containers.Shell.Editing;
using Containers.Shell.Hosting;
using Containers.Shell.Terminal;

namespace Containers.Shell;

/// <summary>Reads commands one after the other, from a person or from a pipe, and runs each.</summary>
internal sealed class CommandReader(ShellSession session, TerminalDevice device)
{
    /// <summary>Commands from a file or pipe on standard input. Returns whether the last one succeeded.</summary>
    internal bool RunPiped()
    {
        StringBuilder text = new();
        bool success = true;
        while (session.Host.ExitCode is null && !session.Interrupted && device.Input.ReadLine() is { } line)
        {
            text.Append(line).Append('\n');
            if (!IsIncomplete(text.ToString()))
            {
                success = RunUnlessBlank(text, success);
            }
        }

        // What is still open at the end gets its error from the engine.
        return session.Host.ExitCode is null && !session.Interrupted ? RunUnlessBlank(text, success) : success;
    }

    /// <summary>The prompt, until `exit` or Ctrl+D.</summary>
    internal void RunPrompt()
    {
        LineHistory history;
        try
        {
            history = new LineHistory(LineHistory.DefaultPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            session.Host.UI.WriteWarningLine($"The history cannot be read: {e.Message}");
            history = new LineHistory(null);
        }

        using LineEditor editor = new(device)
        {
            History = history,
            Complete = buffer => TabCompletion.Find(session.Runspace, buffer),
            IsIncomplete = IsIncomplete,
        };
        session.Host.Interface.Editor = editor;
        bool warned = false;
        while (session.Host.ExitCode is null && editor.Read(Prompt(), out _) is { } text)
        {
            if (string.IsNullOrWhiteSpace(text))
            {
                continue;
            }

            if (!history.Add(text) && !warned)
            {
                warned = true;
                session.Host.UI.WriteWarningLine($"'{LineHistory.DefaultPath}' cannot be written; the history ends with this session.");
            }

            session.Run(text, interactive: true);
        }
    }

    /// <summary>The text would be right if it went on: an open brace, quote, here-string or pipe.</summary>
    internal static bool IsIncomplete(string text)
    {
        Parser.ParseInput(text, out _, out ParseError[] errors);
        return errors.Any(e => e.IncompleteInput);
    }

    private string Prompt() => session.Evaluate("prompt") is { Length: > 0 } prompt ? prompt : "PS> ";

    private bool RunUnlessBlank(StringBuilder text, bool otherwise)
    {
        string command = text.ToString();
        text.Clear();
        return string.IsNullOrWhiteSpace(command) ? otherwise : session.Run(command, interactive: false);
    }
}
