using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Internal;
using Containers.Shell.Editing;
using Containers.Shell.Terminal;

namespace Containers.Shell.Hosting;

/// <summary>
/// Output to standard output; errors, warnings, verbose and debug messages to standard error. Colours only where the
/// descriptor in question is a terminal and NO_COLOR is unset.
/// </summary>
internal sealed partial class ShellUserInterface : PSHostUserInterface
{
    private readonly Lock _lock = new();
    private readonly TerminalDevice _device;
    private readonly ProgressLine _progress;
    private readonly Action _stop;

    /// <param name="stop">Stops the running pipeline: the user pressed Ctrl+C at a question, or the reader of our output left.</param>
    internal ShellUserInterface(TerminalDevice device, Action stop)
    {
        _device = device;
        _stop = stop;
        _progress = new ProgressLine(device);
        RawUI = new ShellRawUserInterface(device);
    }

    public override PSHostRawUserInterface RawUI { get; }

    public override bool SupportsVirtualTerminal => _device.OutputHasColours;

    /// <summary>Writing failed because nobody reads any more (EPIPE): the shell ends as other programs do then.</summary>
    internal bool OutputClosed { get; private set; }

    /// <summary>Made when the first question is asked, or by the prompt.</summary>
    internal LineEditor? Editor { get; set; }

    public override void Write(string value) => Put(_device.Output, Rendered(value));

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) =>
        Put(_device.Output, _device.OutputHasColours ? Coloured(foregroundColor, backgroundColor, value) : value);

    public override void WriteLine(string value) => Put(_device.Output, Rendered(value) + "\n");

    public override void WriteErrorLine(string value) => Put(_device.Error, (_device.ErrorHasColours ? value : Plain(value)) + "\n");

    public override void WriteWarningLine(string message) => Message("WARNING: ", message, PSStyle.Instance.Formatting.Warning);

    public override void WriteVerboseLine(string message) => Message("VERBOSE: ", message, PSStyle.Instance.Formatting.Verbose);

    public override void WriteDebugLine(string message) => Message("DEBUG: ", message, PSStyle.Instance.Formatting.Debug);

    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
        lock (_lock)
        {
            _progress.Report(record);
        }
    }

    /// <summary>Takes the progress line off the screen: a command has ended.</summary>
    internal void EndProgress()
    {
        lock (_lock)
        {
            _progress.Erase();
        }
    }

    private void Message(string label, string message, string style) =>
        Put(_device.Error, _device.ErrorHasColours ? $"{style}{label}{message}\e[0m\n" : label + Plain(message) + "\n");

    private void Put(TextWriter writer, string? text)
    {
        lock (_lock)
        {
            if (OutputClosed)
            {
                throw new PipelineStoppedException();
            }

            _progress.Erase();
            try
            {
                writer.Write(text);
            }
            catch (IOException)
            {
                OutputClosed = true;
                _stop();
                throw new PipelineStoppedException();
            }
        }
    }

    /// <summary>What $PSStyle.OutputRendering makes of a text: the engine leaves that to the host.</summary>
    private string Rendered(string? value) => GetOutputString(value ?? "", SupportsVirtualTerminal);

    private static string Plain(string text) =>
        text.Contains('\e', StringComparison.Ordinal) ? new StringDecorated(text).ToString(OutputRendering.PlainText) : text;

    private static string Coloured(ConsoleColor foreground, ConsoleColor background, string value)
    {
        string on = PSStyle.MapForegroundColorToEscapeSequence(foreground);
        if (background is not ConsoleColor.Black)
        {
            on += PSStyle.MapBackgroundColorToEscapeSequence(background);
        }

        // The colour must not colour the rest of the screen: it ends before the line does.
        string body = value.TrimEnd('\n');
        return $"{on}{body}\e[0m{value[body.Length..]}";
    }
}
