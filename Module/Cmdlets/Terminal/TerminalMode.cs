using System.Runtime.InteropServices;

namespace Containers.Cmdlets;

/// <summary>
/// A mode of the session's terminal for some time. What was found is given back by <see cref="Dispose"/>, and by the end of the process, when a
/// signal or Environment.Exit leaves no time for that.
/// </summary>
internal abstract unsafe class TerminalMode : IDisposable
{
    private readonly Lock _gate = new();

    private readonly Change _change;

    private readonly TerminalCalls.Termios _found;

    private readonly PosixSignalRegistration _continued;

    private bool _over;

    private bool _entered;

    private protected TerminalMode(Change change)
    {
        _change = change;
        TerminalCalls.Termios state;
        _over = TerminalCalls.tcgetattr(0, &state) != 0;
        _found = state;
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;

        // The shell that had the terminal in between has its own mind about it.
        _continued = PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => Enter());
        Enter();
    }

    /// <summary>Makes the mode of the one that was found.</summary>
    private protected delegate void Change(ref TerminalCalls.Termios state);

    public void Dispose()
    {
        _continued.Dispose();
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        GiveBack();
    }

    private void Enter()
    {
        lock (_gate)
        {
            // In the background the terminal is somebody else's, and the kernel would stop the process for it (SIGTTOU).
            if (!_over && TerminalCalls.tcgetpgrp(0) == TerminalCalls.getpgrp())
            {
                _entered = true;
                TerminalCalls.Termios state = _found;
                _change(ref state);
                Set(state);
            }
        }
    }

    private void OnProcessExit(object? sender, EventArgs e) => GiveBack();

    private void GiveBack()
    {
        lock (_gate)
        {
            if (!_over && _entered)
            {
                Set(_found);
            }

            _over = true;
        }
    }

    /// <summary>A terminal that is gone has no mode to set.</summary>
    private static void Set(TerminalCalls.Termios state)
    {
        while (TerminalCalls.tcsetattr(0, TerminalCalls.TCSADRAIN, &state) != 0 && Marshal.GetLastPInvokeError() == TerminalCalls.EINTR)
        {
        }
    }
}
