using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;
using System.Text;

namespace Containers.Cmdlets.Tests.Hosting;

/// <summary>A host that keeps what is written to it, with a screen of a given width.</summary>
internal sealed class CapturingHost(int width) : PSHost
{
    private readonly CapturingInterface _interface = new(width);

    public override CultureInfo CurrentCulture => CultureInfo.InvariantCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.InvariantCulture;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override string Name => "containers-tests";

    public override PSHostUserInterface UI => _interface;

    public override Version Version { get; } = new(1, 0);

    internal int? ExitCode { get; private set; }

    /// <summary>The answers PromptForChoice gives, by the label's first letters; the default choice when empty.</summary>
    internal Queue<int> Choices => _interface.Choices;

    internal IReadOnlyCollection<ProgressRecord> Progress => _interface.Progress;

    public override void EnterNestedPrompt() => throw new NotSupportedException();

    public override void ExitNestedPrompt() => throw new NotSupportedException();

    public override void NotifyBeginApplication()
    {
    }

    public override void NotifyEndApplication()
    {
    }

    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;

    internal string TakeText()
    {
        lock (_interface.Text)
        {
            string text = _interface.Text.ToString();
            _interface.Text.Clear();
            return text;
        }
    }

    private sealed class CapturingInterface(int width) : PSHostUserInterface
    {
        public override PSHostRawUserInterface RawUI { get; } = new FixedScreen(width);

        internal StringBuilder Text { get; } = new();

        internal Queue<int> Choices { get; } = new();

        internal System.Collections.Concurrent.ConcurrentQueue<ProgressRecord> Progress { get; } = new();

        public override void Write(string value)
        {
            lock (Text)
            {
                Text.Append(GetOutputString(value ?? "", supportsVirtualTerminal: false));
            }
        }

        public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Write(value);

        public override void WriteLine(string value) => Write(value + "\n");

        public override void WriteErrorLine(string value) => WriteLine(value);

        public override void WriteDebugLine(string message) => WriteLine("DEBUG: " + message);

        public override void WriteVerboseLine(string message) => WriteLine("VERBOSE: " + message);

        public override void WriteWarningLine(string message) => WriteLine("WARNING: " + message);

        public override void WriteProgress(long sourceId, ProgressRecord record) => Progress.Enqueue(record);

        public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
        {
            WriteLine($"{caption} {message}");
            return Choices.TryDequeue(out int choice) ? choice : defaultChoice;
        }

        public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions) =>
            throw new NotSupportedException("A test does not answer questions.");

        public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
            throw new NotSupportedException("A test does not answer questions.");

        public override PSCredential PromptForCredential(
            string caption,
            string message,
            string userName,
            string targetName,
            PSCredentialTypes allowedCredentialTypes,
            PSCredentialUIOptions options) => throw new NotSupportedException("A test does not answer questions.");

        public override string ReadLine() => throw new NotSupportedException("A test does not answer questions.");

        public override SecureString ReadLineAsSecureString() => throw new NotSupportedException("A test does not answer questions.");
    }

    private sealed class FixedScreen(int width) : PSHostRawUserInterface
    {
        public override ConsoleColor BackgroundColor { get; set; }

        public override ConsoleColor ForegroundColor { get; set; }

        public override Size BufferSize { get; set; } = new(width, 50);

        public override Size WindowSize { get; set; } = new(width, 50);

        public override Coordinates CursorPosition { get; set; }

        public override Coordinates WindowPosition { get; set; }

        public override int CursorSize { get; set; }

        public override string WindowTitle { get; set; } = "";

        public override bool KeyAvailable => false;

        public override Size MaxPhysicalWindowSize => WindowSize;

        public override Size MaxWindowSize => WindowSize;

        public override void FlushInputBuffer()
        {
        }

        public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw new NotSupportedException();

        public override KeyInfo ReadKey(ReadKeyOptions options) => throw new NotSupportedException();

        public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) =>
            throw new NotSupportedException();

        public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) => throw new NotSupportedException();

        public override void SetBufferContents(Rectangle rectangle, BufferCell fill) => throw new NotSupportedException();
    }
}
