namespace Containers.Shell.Terminal;

/// <summary>
/// Raw mode of the terminal on standard input, for as long as the object lives. The mode found at the start of the process
/// is what <see cref="Restore"/> sets again, from any thread, any number of times.
/// </summary>
internal sealed unsafe class TerminalMode
{
    private readonly Native.termios _original;
    private readonly bool _known;

    internal TerminalMode()
    {
        Native.termios state;
        _known = Native.tcgetattr(0, &state) == 0;
        _original = state;
    }

    /// <summary>One key at a time, no echo, no signals: what the line editor needs. Output processing stays on.</summary>
    internal IDisposable EnterRaw() => Enter(Native.ICRNL | Native.IXON, Native.ISIG | Native.ICANON | Native.ECHO | Native.IEXTEN);

    internal void Restore()
    {
        if (_known)
        {
            Native.termios state = _original;
            _ = Native.tcsetattr(0, Native.TCSADRAIN, &state);
        }
    }

    private Scope Enter(uint inputOff, uint localOff)
    {
        if (_known)
        {
            Native.termios state = _original;
            state.c_iflag &= ~inputOff;
            state.c_lflag &= ~localOff;
            state.c_cc[Native.VMIN] = 1;
            state.c_cc[Native.VTIME] = 0;
            _ = Native.tcsetattr(0, Native.TCSADRAIN, &state);
        }

        return new Scope(this);
    }

    private sealed class Scope(TerminalMode mode) : IDisposable
    {
        public void Dispose() => mode.Restore();
    }
}
