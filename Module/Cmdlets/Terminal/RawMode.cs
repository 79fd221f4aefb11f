namespace Containers.Cmdlets;

/// <summary>
/// Raw mode of the session's terminal: every key is a byte for the container, which echoes and gives keys their meaning itself. What was
/// found is given back by <see cref="Dispose"/>, and by the end of the process, when a signal or Environment.Exit leaves no time for that.
/// </summary>
internal sealed unsafe class RawMode : IDisposable
{
    private readonly Lock _gate = new();

    private readonly TerminalCalls.Termios _found;

    private bool _over;

    internal RawMode()
    {
        TerminalCalls.Termios state;
        _over = TerminalCalls.tcgetattr(0, &state) != 0;
        _found = state;
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
        Enter();
    }

    /// <summary>Again after SIGCONT: the shell that had the terminal in between has its own mind about it.</summary>
    internal void Enter()
    {
        lock (_gate)
        {
            if (_over)
            {
                return;
            }

            // cfmakeraw(3)
            TerminalCalls.Termios raw = _found;
            raw.c_iflag &= ~(TerminalCalls.IGNBRK | TerminalCalls.BRKINT | TerminalCalls.PARMRK | TerminalCalls.ISTRIP
                | TerminalCalls.INLCR | TerminalCalls.IGNCR | TerminalCalls.ICRNL | TerminalCalls.IXON);
            raw.c_oflag &= ~TerminalCalls.OPOST;
            raw.c_lflag &= ~(TerminalCalls.ECHO | TerminalCalls.ECHONL | TerminalCalls.ICANON | TerminalCalls.ISIG | TerminalCalls.IEXTEN);
            raw.c_cflag = (raw.c_cflag & ~(TerminalCalls.CSIZE | TerminalCalls.PARENB)) | TerminalCalls.CS8;
            raw.c_cc[TerminalCalls.VMIN] = 1;
            raw.c_cc[TerminalCalls.VTIME] = 0;
            Set(raw);
        }
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        GiveBack();
    }

    private void OnProcessExit(object? sender, EventArgs e) => GiveBack();

    private void GiveBack()
    {
        lock (_gate)
        {
            if (!_over)
            {
                _over = true;
                Set(_found);
            }
        }
    }

    /// <summary>A terminal that is gone has no mode to set.</summary>
    private static void Set(TerminalCalls.Termios state)
    {
        while (TerminalCalls.tcsetattr(0, TerminalCalls.TCSADRAIN, &state) != 0
            && System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == TerminalCalls.EINTR)
        {
        }
    }
}
