using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

/// <summary>The terminal of the container's process: its master is our output and, if anybody may type, our input.</summary>
internal sealed unsafe partial class Supervisor
{
    /// <summary>
    /// The slave, held open by us as well: a process that closes its terminal and opens it again has not ended, and a master without a
    /// slave could only be asked over and over. Closed when the process has ended, so that reading comes to an end.
    /// </summary>
    private int _slave = -1;

    private bool HasTerminal => (_plan->Flags & PlanFlags.Terminal) != 0;

    private void TakeTerminal(int master)
    {
        _output = NonBlocking(master);
        _error = -1;
        _input = (_plan->Flags & PlanFlags.StandardInput) != 0 ? Libc.fcntl(master, Libc.F_DUPFD_CLOEXEC, 0) : -1;
        HoldSlave();
    }

    /// <returns>False when it cannot be opened; then the end of the terminal is the end of its output.</returns>
    private bool HoldSlave()
    {
        Close(ref _slave);
        _slave = Libc.ioctl(_output, Libc.TIOCGPTPEER, Libc.O_RDWR | Libc.O_NOCTTY | Libc.O_CLOEXEC);
        return _slave >= 0;
    }

    /// <summary>
    /// Reading the master failed. While the process lives, somebody has hung the terminal up, our own end included (a session leader of
    /// the container that ended): what is opened anew works again.
    /// </summary>
    private bool TerminalGoesOn(int errno) => HasTerminal && errno == Errno.EIO && _process >= 0 && HoldSlave();

    /// <summary>Also for the runs to come: the plan is what they begin with.</summary>
    private void Resize(int rows, int columns)
    {
        ushort height = (ushort)Math.Clamp(rows, 0, ushort.MaxValue);
        ushort width = (ushort)Math.Clamp(columns, 0, ushort.MaxValue);
        for (uint i = 0; i < _plan->StepCount; i++)
        {
            if (_plan->Steps[i].Code == PlanOpcode.OpenTerminal)
            {
                _plan->Steps[i].X = height;
                _plan->Steps[i].Y = width;
            }
        }

        if (HasTerminal && _output >= 0)
        {
            Libc.winsize size = new() { ws_row = height, ws_col = width };
            Libc.ioctl(_output, Libc.TIOCSWINSZ, (nint)(&size));
        }
    }
}
