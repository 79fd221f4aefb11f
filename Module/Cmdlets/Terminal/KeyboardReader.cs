using System.Runtime.InteropServices;

namespace Containers.Cmdlets;

/// <summary>
/// Reads standard input on a thread of its own, only when there is something and only as long as it is wanted: a read that nobody waits for
/// any more would take the first key of the next prompt.
/// </summary>
internal sealed unsafe class KeyboardReader : IDisposable
{
    private readonly Handler _handle;

    private readonly Action _ended;

    private readonly int _wake;

    private readonly Thread _thread;

    private bool _disposed;

    /// <param name="handle">Gets what was typed, on the reader's thread.</param>
    /// <param name="ended">The input has ended: Ctrl+D on an empty line in the terminal's own line mode, or the terminal is gone.</param>
    internal KeyboardReader(Handler handle, Action ended)
    {
        _handle = handle;
        _ended = ended;
        _wake = TerminalCalls.eventfd(0, TerminalCalls.EFD_CLOEXEC);
        _thread = new Thread(Read) { IsBackground = true, Name = "Container keyboard" };
        _thread.Start();
    }

    /// <summary>Takes bytes, which are valid until it returns.</summary>
    internal delegate void Handler(ReadOnlySpan<byte> typed);

    /// <summary>Whoever handles what was typed must come back: close what it writes to first. Not from the reader's thread.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        ulong one = 1;
        _ = TerminalCalls.write(_wake, (byte*)&one, sizeof(ulong));
        _thread.Join();
        _ = TerminalCalls.close(_wake);
    }

    private void Read()
    {
        const int Size = 4096; // What a terminal holds at most (N_TTY_BUF_SIZE).
        byte* buffer = stackalloc byte[Size];
        TerminalCalls.PollEntry* polled = stackalloc TerminalCalls.PollEntry[2];
        polled[0] = new() { fd = 0, events = TerminalCalls.POLLIN };
        polled[1] = new() { fd = _wake, events = TerminalCalls.POLLIN };
        while (true)
        {
            polled[0].revents = polled[1].revents = 0;
            if (TerminalCalls.poll(polled, 2, -1) < 0)
            {
                continue; // EINTR
            }

            if (polled[1].revents != 0)
            {
                return;
            }

            nint got = TerminalCalls.read(0, buffer, Size);
            if (got > 0)
            {
                _handle(new ReadOnlySpan<byte>(buffer, (int)got));
            }
            else if (got == 0 || Marshal.GetLastPInvokeError() is not (TerminalCalls.EINTR or TerminalCalls.EAGAIN))
            {
                _ended();
                return;
            }
        }
    }
}
