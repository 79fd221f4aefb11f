using Containers.Engine.Linux;

namespace Containers.Engine.Lifecycle;

/// <summary>
/// A program of the host that runs in namespaces of a container: its output as it comes, its end. All of its input was given at the start.
/// Disposing of it ends a program that has not ended, and what it started: SIGTERM, and SIGKILL a second later.
/// </summary>
public sealed unsafe class NamespaceSession : IProgramSession
{
    private const int BufferSize = 64 << 10;

    private const int GraceMilliseconds = 1000;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
    private readonly WakeEvent _wake = new();
    private readonly Lock _gate = new();
    private readonly ExecPipes _pipes;
    private readonly int _process;
    private readonly int _pid;
    private bool _disposed;

    /// <param name="container">Whose namespaces they are.</param>
    /// <param name="pid">A child of this process, the leader of a session of its own.</param>
    /// <param name="process">Its pidfd.</param>
    /// <param name="pipes">Its outputs. All of this belongs to the session.</param>
    internal NamespaceSession(Container container, int pid, int process, ExecPipes pipes)
    {
        Container = container;
        _pid = pid;
        _process = process;
        _pipes = pipes;
    }

    public Container Container { get; }

    public int ProcessId => _pid;

    /// <inheritdoc/>
    public ContainerExit? Exit { get; private set; }

    /// <inheritdoc/>
    public bool Read(out OutputChunk chunk, CancellationToken cancellation)
    {
        using CancellationTokenRegistration registration = _wake.Watch(cancellation);
        Libc.pollfd* polled = stackalloc Libc.pollfd[4];
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            polled[0] = new() { fd = _pipes.Output, events = Libc.POLLIN };
            polled[1] = new() { fd = _pipes.Error, events = Libc.POLLIN };
            polled[2] = new() { fd = Exit is null ? _process : -1, events = Libc.POLLIN };
            polled[3] = new() { fd = _wake.Descriptor, events = Libc.POLLIN };

            // After the end what it wrote is in the pipes already; another process may hold them open for ever.
            int ready = Libc.poll(polled, 4, Exit is null ? -1 : 0);
            if (ready > 0 && (TryRead(polled[0].revents, error: false, out chunk) || TryRead(polled[1].revents, error: true, out chunk)))
            {
                return true;
            }

            if (ready == 0 || (Exit is not null && _pipes is { Output: < 0, Error: < 0 }))
            {
                chunk = default;
                return false;
            }

            if (ready > 0 && polled[2].revents != 0)
            {
                Reap();
            }
        }
    }

    /// <summary>Its input was given at the start.</summary>
    public void WriteInput(ReadOnlySpan<byte> data, CancellationToken cancellation) =>
        throw new InvalidOperationException("All of the input was given at the start.");

    /// <inheritdoc/>
    public void CloseInput()
    {
    }

    /// <summary>Ends the program, and what is in its process group with it. From any thread.</summary>
    public void End()
    {
        lock (_gate)
        {
            if (_disposed || Exit is not null)
            {
                return;
            }

            Libc.kill(-_pid, Libc.SIGTERM); // Not reaped yet, so the number is its own.
            Libc.pollfd one = new() { fd = _process, events = Libc.POLLIN };
            if (Libc.poll(&one, 1, GraceMilliseconds) <= 0)
            {
                Libc.kill(-_pid, Libc.SIGKILL);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        End();
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            if (Exit is null)
            {
                Reap(); // It has ended, or is about to: it was killed.
            }

            _disposed = true;
        }

        Libc.close(_process);
        _pipes.Dispose();
        _wake.Dispose();
    }

    private void Reap()
    {
        lock (_gate)
        {
            Libc.siginfo_t information = default;
            int result;
            do
            {
                result = Libc.waitid(Libc.P_PIDFD, _process, &information, Libc.WEXITED);
            }
            while (result < 0 && Errno.Last == Errno.EINTR);
            bool exited = information.si_code == Libc.CLD_EXITED;
            Exit = result < 0
                ? new ContainerExit(null, 0, false, false)
                : new ContainerExit(exited ? information.si_status : 128 + information.si_status, exited ? 0 : information.si_status, false, false);
        }
    }

    private bool TryRead(short events, bool error, out OutputChunk chunk)
    {
        chunk = default;
        if (events == 0)
        {
            return false;
        }

        nint got;
        fixed (byte* p = _buffer)
        {
            got = Libc.read(error ? _pipes.Error : _pipes.Output, p, BufferSize);
        }

        if (got < 0 && Errno.Last is Errno.EAGAIN or Errno.EINTR)
        {
            return false;
        }

        if (got > 0)
        {
            chunk = new OutputChunk(error ? LogStream.Stderr : LogStream.Stdout, _buffer.AsMemory(0, (int)got));
            return true;
        }

        if (error)
        {
            _pipes.CloseError();
        }
        else
        {
            _pipes.CloseOutput();
        }

        return false;
    }
}
