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

    /// <summary>Sent before the process has entered: what comes later over the socket would be the container's.</summary>
    private static void ReceiveTerminal(ref Execution execution)
    {
        if (execution.TerminalSocket < 0)
        {
            return;
        }

        int* report = stackalloc int[2];
        int root = -1;
        Launcher.ReadReport(NonBlocking(execution.TerminalSocket), report, ref execution.Terminal, ref root);
        Close(ref root);
        Close(ref execution.TerminalSocket);
    }

    /// <summary>The master of a further program's terminal goes to its session; from nobody's the monitor reads.</summary>
    private void HandTerminalOn(ref Execution execution)
    {
        if (execution.Terminal < 0)
        {
            return;
        }

        if (execution.Owner == ExecutionOwner.Detached)
        {
            KeepTerminal(ref execution);
        }
        else if (execution.Client >= 0)
        {
            ref Client client = ref _clients[execution.Client];
            client.OutgoingDescriptor = execution.Terminal;
            client.HasOutgoingDescriptor = true;
            execution.Terminal = -1;
        }
    }

    /// <summary>What is written to it goes nowhere, but must go: a program whose terminal is full waits for ever.</summary>
    private static void KeepTerminal(ref Execution execution)
    {
        NonBlocking(execution.Terminal);
        Close(ref execution.Slave);
        execution.Slave = Libc.ioctl(execution.Terminal, Libc.TIOCGPTPEER, Libc.O_RDWR | Libc.O_NOCTTY | Libc.O_CLOEXEC);
    }

    /// <summary>As <see cref="TerminalGoesOn"/>; without a slave nobody reads any more, which is a hang-up.</summary>
    private void EmptyTerminal(ref Execution execution)
    {
        nint got = Libc.read(execution.Terminal, _buffer, MonitorProtocol.MaximumData);
        if (got > 0 || (got < 0 && Errno.Last is Errno.EAGAIN or Errno.EINTR))
        {
            return;
        }

        KeepTerminal(ref execution);
        if (execution.Slave < 0)
        {
            Close(ref execution.Terminal);
        }
    }

    /// <summary>A session lets its program go on without it, and sends the master of the terminal for that: without a reader it would stop.</summary>
    /// <returns>0 or an errno: ESRCH when the program is not there yet or no more, EINVAL without a terminal.</returns>
    private int LetGo(ref Client client)
    {
        ref Execution execution = ref _executions[client.Execution - 1];
        if (execution.Report >= 0 || execution.Process < 0)
        {
            return Errno.ESRCH;
        }

        int master = client.TakeDescriptor(0);
        if (master < 0)
        {
            return Errno.EINVAL;
        }

        execution.Terminal = master;
        KeepTerminal(ref execution);
        execution.Owner = ExecutionOwner.Detached;
        execution.Client = -1;
        client.Execution = 0;
        client.Closing = true;
        return 0;
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
