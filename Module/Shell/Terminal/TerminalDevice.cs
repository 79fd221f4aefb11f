using System.Management.Automation.Host;
using System.Text;

namespace Containers.Shell.Terminal;

/// <summary>The three standard descriptors: which of them are terminals, their writers, and the size of the screen.</summary>
internal sealed unsafe class TerminalDevice
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private StreamReader? _input;

    internal TerminalDevice()
    {
        InputIsTerminal = Native.isatty(0) == 1;
        OutputIsTerminal = Native.isatty(1) == 1;
        ErrorIsTerminal = Native.isatty(2) == 1;
        bool colours = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
        OutputHasColours = OutputIsTerminal && colours;
        ErrorHasColours = ErrorIsTerminal && colours;
        Output = new StreamWriter(new DescriptorStream(1), s_utf8, 4096) { AutoFlush = true, NewLine = "\n" };
        Error = new StreamWriter(new DescriptorStream(2), s_utf8, 1024) { AutoFlush = true, NewLine = "\n" };
        Mode = new TerminalMode();
    }

    internal bool InputIsTerminal { get; }

    internal bool OutputIsTerminal { get; }

    internal bool ErrorIsTerminal { get; }

    internal bool OutputHasColours { get; }

    internal bool ErrorHasColours { get; }

    /// <summary>A person sits there: lines are edited, questions are asked.</summary>
    internal bool IsInteractive => InputIsTerminal && OutputIsTerminal;

    internal TextWriter Output { get; }

    internal TextWriter Error { get; }

    /// <summary>Standard input as text, for when it is not a terminal. Made late: a script may never touch it.</summary>
    internal TextReader Input => _input ??= new StreamReader(new DescriptorStream(0), s_utf8);

    internal TerminalMode Mode { get; }

    /// <summary>Columns and rows of the screen; 120 by 50 where no descriptor is a terminal.</summary>
    internal Size Size
    {
        get
        {
            foreach (int descriptor in (ReadOnlySpan<int>)[1, 0, 2])
            {
                Native.winsize size;
                if (Native.ioctl(descriptor, Native.TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0)
                {
                    return new Size(size.ws_col, size.ws_row);
                }
            }

            return new Size(120, 50);
        }
    }
}
