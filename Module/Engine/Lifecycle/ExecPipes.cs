using Containers.Engine.Linux;

namespace Containers.Engine.Lifecycle;

/// <summary>The pipes of a further program: the session reads and writes their near ends itself, its monitor only hands on the far ends.</summary>
internal sealed unsafe class ExecPipes : IDisposable
{
    private readonly int[] _far = [-1, -1, -1];

    private readonly int[] _near = [-1, -1, -1];

    private int _slave = -1;

    /// <param name="input">With a pipe for standard input.</param>
    internal ExecPipes(bool input)
    {
        try
        {
            Make(0);
            Make(1);
            if (input)
            {
                Make(2);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <param name="master">The master of the program's terminal, which is both ends and belongs to this from now on.</param>
    /// <param name="input">It may be typed into.</param>
    internal ExecPipes(int master, bool input)
    {
        _near[0] = master;
        HasTerminal = true;
        try
        {
            if (master < 0)
            {
                throw new EngineException(
                    EngineErrorKind.InvalidData, "MonitorProtocolError", "The monitor sent no terminal.", null,
                    "Load the same version of the module that started the container.");
            }

            Libc.fcntl(master, Libc.F_SETFL, Libc.fcntl(master, Libc.F_GETFL, 0) | Libc.O_NONBLOCK);
            _near[2] = input ? Libc.fcntl(master, Libc.F_DUPFD_CLOEXEC, 0) : -1;
            HoldSlave();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Input and output are one terminal; there is no standard error then.</summary>
    internal bool HasTerminal { get; }

    /// <summary>
    /// Opens the slave, which is held as long as the program runs: one that closes its terminal and opens it again has not ended, and a master
    /// without a slave could only be asked over and over.
    /// </summary>
    /// <returns>False when it cannot be opened; then the end of the terminal is the end of the output.</returns>
    internal bool HoldSlave()
    {
        ReleaseSlave();
        _slave = Libc.ioctl(Output, Libc.TIOCGPTPEER, Libc.O_RDWR | Libc.O_NOCTTY | Libc.O_CLOEXEC);
        return _slave >= 0;
    }

    /// <summary>The program has ended: now the end of the output shows.</summary>
    internal void ReleaseSlave() => Close(ref _slave);

    internal int Output => _near[0];

    internal int Error => _near[1];

    /// <summary>-1 without.</summary>
    internal int Input => _near[2];

    /// <summary>What the program gets: standard output, standard error, standard input if there is one.</summary>
    internal ReadOnlySpan<int> Far => _far.AsSpan(0, _far[2] < 0 ? 2 : 3);

    /// <summary>The program has them by now; as long as they were open here, too, the end of its output would not show.</summary>
    internal void CloseFar() => Close(_far);

    internal void CloseOutput() => Close(ref _near[0]);

    internal void CloseError() => Close(ref _near[1]);

    internal void CloseInput() => Close(ref _near[2]);

    public void Dispose()
    {
        Close(_far);
        Close(_near);
        ReleaseSlave();
    }

    private void Make(int index)
    {
        int* ends = stackalloc int[2];
        if (Libc.pipe2(ends, Libc.O_CLOEXEC) < 0)
        {
            throw new LinuxException("pipe2", "", Errno.Last);
        }

        int near = index == 2 ? 1 : 0;
        _near[index] = ends[near];
        _far[index] = ends[1 - near];

        // Not blocking on our side, which has a description of its own: the program's end blocks as it expects.
        Libc.fcntl(_near[index], Libc.F_SETFL, Libc.fcntl(_near[index], Libc.F_GETFL, 0) | Libc.O_NONBLOCK);
    }

    private static void Close(int[] all)
    {
        for (int i = 0; i < all.Length; i++)
        {
            Close(ref all[i]);
        }
    }

    private static void Close(ref int fd)
    {
        int open = Interlocked.Exchange(ref fd, -1);
        if (open >= 0)
        {
            Libc.close(open);
        }
    }
}
