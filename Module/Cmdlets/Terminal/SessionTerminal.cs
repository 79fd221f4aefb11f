using System.Runtime.InteropServices;
using Containers.Engine.Launch;
using Containers.Engine.Linux;

namespace Containers.Cmdlets;

/// <summary>The terminal that somebody sits at: standard input and output of this process.</summary>
internal static unsafe class SessionTerminal
{
    private const int Input = 0;

    private const int Output = 1;

    internal static bool HasKeyboard => TerminalCalls.isatty(Input) == 1;

    internal static bool IsPresent => HasKeyboard && TerminalCalls.isatty(Output) == 1;

    /// <summary>The size of the screen; unknown (0 by 0) where there is none.</summary>
    internal static TerminalSize Size
    {
        get
        {
            TerminalCalls.WindowSize size;
            return TerminalCalls.ioctl(Output, TerminalCalls.TIOCGWINSZ, &size) == 0 ? new TerminalSize(size.ws_row, size.ws_col) : default;
        }
    }

    /// <summary>Writes bytes as they are. The framework's console streams would hide that the terminal is gone.</summary>
    /// <exception cref="LinuxException">It is gone.</exception>
    internal static void Write(ReadOnlySpan<byte> data)
    {
        fixed (byte* start = data)
        {
            for (int done = 0; done < data.Length;)
            {
                nint put = TerminalCalls.write(Output, start + done, (nuint)(data.Length - done));
                if (put >= 0)
                {
                    done += (int)put;
                    continue;
                }

                int errno = Marshal.GetLastPInvokeError();
                if (errno == TerminalCalls.EAGAIN)
                {
                    // Another program left the descriptor non-blocking: the flag belongs to the open file, not to us.
                    TerminalCalls.PollEntry wait = new() { fd = Output, events = TerminalCalls.POLLOUT };
                    _ = TerminalCalls.poll(&wait, 1, -1);
                }
                else if (errno != TerminalCalls.EINTR)
                {
                    throw new LinuxException("write", "the terminal", errno);
                }
            }
        }
    }
}
