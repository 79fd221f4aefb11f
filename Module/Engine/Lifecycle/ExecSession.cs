using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Engine.Lifecycle;

/// <summary>
/// A session attached to a further program. Its output comes straight from the program's pipes, or its terminal; its monitor says when it has
/// ended. Disposing of the session ends a program that has not ended: its terminal hangs up, it gets SIGTERM, and SIGKILL a second later.
/// </summary>
public sealed unsafe class ExecSession : IProgramSession
{
    /// <summary>
    /// After the end of the program: another process, which it left behind, may hold the pipes for ever. What the program itself wrote is in
    /// them by now; this is for one that is just about to end, too.
    /// </summary>
    private const int QuietMilliseconds = 100;

    /// <summary>A pipe holds so much at most (/proc/sys/fs/pipe-max-size): more than this after the end comes from somebody else.</summary>
    private const int MaximumRest = 2 << 20;

    private const int BufferSize = 64 << 10;

    private readonly MonitorConnection _connection;
    private readonly ExecPipes? _pipes;
    private readonly Action _leaving;
    private readonly WakeEvent _readerWake = new();
    private readonly WakeEvent _writerWake = new();
    private readonly ProcessIdentity _process;
    private readonly Lock _gate = new();
    private byte[]? _buffer;
    private int _rest;
    private bool _errorFirst;
    private bool _disposed;
    private bool _ending;
    private volatile bool _letGo;

    /// <param name="container">The container it runs in.</param>
    /// <param name="id">Of its record.</param>
    /// <param name="process">The program's process.</param>
    /// <param name="connection">To the container's monitor, which said Started.</param>
    /// <param name="pipes">Null for a detached one. Both belong to the session.</param>
    /// <param name="leaving">Called before the program is let go of.</param>
    internal ExecSession(
        Container container, string id, ProcessIdentity process, MonitorConnection connection, ExecPipes? pipes, Action leaving)
    {
        _leaving = leaving;
        Container = container;
        Id = id;
        _process = process;
        _connection = connection;
        _pipes = pipes;
    }

    /// <summary>The container it runs in.</summary>
    public Container Container { get; }

    /// <summary>Names this program among those of the container: 16 hexadecimal digits.</summary>
    public string Id { get; }

    /// <summary>Pid in the host's numbering.</summary>
    public int ProcessId => _process.Pid;

    /// <summary>Of <see cref="ProcessId"/>, which is reused: clock ticks since boot.</summary>
    internal long ProcessStartTime => _process.StartTime;

    /// <inheritdoc/>
    public ContainerExit? Exit { get; private set; }

    /// <summary>The session let go; the program goes on, and what it writes to its terminal goes nowhere.</summary>
    public bool Detached { get; private set; }

    /// <summary>Whether input and output are a terminal: then <see cref="OutputChunk"/>s are raw, and all of them standard output.</summary>
    public bool HasTerminal => _pipes is { HasTerminal: true };

    /// <inheritdoc/>
    public bool Read(out OutputChunk chunk, CancellationToken cancellation)
    {
        chunk = default;
        if (_pipes is null)
        {
            return false;
        }

        using CancellationTokenRegistration registration = _readerWake.Watch(cancellation);
        Libc.pollfd* polled = stackalloc Libc.pollfd[4];
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (Detached)
            {
                return false;
            }

            if (Exit is not null && ((_pipes.Output < 0 && _pipes.Error < 0) || _rest > MaximumRest))
            {
                return false;
            }

            bool waiting = Exit is null && !_connection.HasMessage;
            polled[0] = new() { fd = _pipes.Output, events = Libc.POLLIN };
            polled[1] = new() { fd = _pipes.Error, events = Libc.POLLIN };
            polled[2] = new() { fd = Exit is null ? _connection.Descriptor : -1, events = Libc.POLLIN };
            polled[3] = new() { fd = _readerWake.Descriptor, events = Libc.POLLIN };
            int ready = Libc.poll(polled, 4, waiting ? -1 : Exit is null ? 0 : QuietMilliseconds);
            if (ready < 0)
            {
                continue; // EINTR
            }

            // In turns: a flood of one would else hold the other back.
            _errorFirst = !_errorFirst;
            if ((_errorFirst && TryRead(polled[1].revents, error: true, out chunk))
                || TryRead(polled[0].revents, error: false, out chunk)
                || (!_errorFirst && TryRead(polled[1].revents, error: true, out chunk)))
            {
                return true;
            }

            if (Exit is null && (polled[2].revents != 0 || _connection.HasMessage))
            {
                ReceiveEnd(cancellation);
            }
            else if (Exit is not null && ready == 0)
            {
                return false;
            }
        }
    }

    /// <inheritdoc/>
    public void WriteInput(ReadOnlySpan<byte> data, CancellationToken cancellation)
    {
        using CancellationTokenRegistration registration = _writerWake.Watch(cancellation);
        Libc.pollfd* polled = stackalloc Libc.pollfd[2];
        fixed (byte* start = data)
        {
            int done = 0;
            while (done < data.Length && _pipes is { Input: >= 0 and int input })
            {
                cancellation.ThrowIfCancellationRequested();
                nint written = Libc.write(input, start + done, (nuint)(data.Length - done));
                if (written >= 0)
                {
                    done += (int)written;
                    continue;
                }

                switch (Errno.Last)
                {
                    case Errno.EAGAIN:
                        polled[0] = new() { fd = input, events = Libc.POLLOUT };
                        polled[1] = new() { fd = _writerWake.Descriptor, events = Libc.POLLIN };
                        Libc.poll(polled, 2, -1);
                        break;
                    case Errno.EINTR:
                        break;
                    case Errno.EIO when _pipes.HasTerminal:
                        return; // Hung up: whoever opens it again did not mean this.
                    default:
                        _pipes.CloseInput(); // EPIPE: nobody reads any more.
                        break;
                }
            }
        }
    }

    /// <inheritdoc/>
    public void CloseInput()
    {
        if (!HasTerminal)
        {
            _pipes?.CloseInput();
        }
    }

    /// <summary>Tells the terminal its size; programs get SIGWINCH when it is another one.</summary>
    public void Resize(TerminalSize size)
    {
        if (_pipes is { HasTerminal: true, Output: >= 0 and int master })
        {
            Libc.winsize window = new()
            {
                ws_row = (ushort)Math.Clamp(size.Rows, 0, ushort.MaxValue), ws_col = (ushort)Math.Clamp(size.Columns, 0, ushort.MaxValue),
            };
            Libc.ioctl(master, Libc.TIOCSWINSZ, (nint)(&window));
        }
    }

    /// <summary>
    /// Lets a program with a terminal go on without this session, from any thread; <see cref="Read"/> comes to its end. Its monitor reads the
    /// terminal from now on.
    /// </summary>
    public void Detach()
    {
        if (_pipes is not { HasTerminal: true, Output: >= 0 and int master })
        {
            return;
        }

        _leaving();
        _letGo = true;
        try
        {
            _connection.Send(MessageType.Detach, default, [master]);
        }
        catch (LinuxException e) when (e.Errno is Errno.EPIPE or Errno.ECONNRESET)
        {
            // It has ended meanwhile, as Read will say.
        }
    }

    /// <summary>Sends a signal to the program.</summary>
    /// <param name="signal">Name with or without SIG, or number.</param>
    public void Signal(string signal) =>
        _connection.Send(MessageType.Signal, new MessageBody { A = SignalNames.Parse(signal) });

    /// <summary>Ends the program as disposing does, while another thread may be reading still. From any thread.</summary>
    public void End()
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                _ending = true;
                Libc.shutdown(_connection.Descriptor, 2); // Its monitor sees the end of the connection.
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        if (_pipes is not null && !_ending && Exit is { ExitCode: null })
        {
            _process.TrySignal(Libc.SIGKILL); // Its monitor was killed, and nobody else ends it.
        }

        if (HasTerminal)
        {
            _pipes!.Dispose(); // Before the signal: shells ignore SIGTERM, and tell their jobs of a hang-up.
        }

        _connection.Dispose();
        _pipes?.Dispose();
        _readerWake.Dispose();
        _writerWake.Dispose();
    }

    private bool TryRead(short events, bool error, out OutputChunk chunk)
    {
        chunk = default;
        if (events == 0)
        {
            return false;
        }

        _buffer ??= GC.AllocateUninitializedArray<byte>(BufferSize);
        nint got;
        fixed (byte* p = _buffer)
        {
            got = Libc.read(error ? _pipes!.Error : _pipes!.Output, p, BufferSize);
        }

        if (got < 0 && Errno.Last is Errno.EAGAIN or Errno.EINTR)
        {
            return false;
        }

        if (got < 0 && Errno.Last == Errno.EIO && Exit is null && _pipes.HasTerminal && _pipes.HoldSlave())
        {
            return false; // Somebody has hung it up; what is opened anew works again.
        }

        if (got <= 0)
        {
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

        _rest += Exit is null ? 0 : (int)got;
        chunk = new OutputChunk(error ? LogStream.Stderr : LogStream.Stdout, _buffer.AsMemory(0, (int)got));
        return true;
    }

    private void ReceiveEnd(CancellationToken cancellation)
    {
        if (!_connection.Receive(out MessageType type, out ReadOnlyMemory<byte> data, cancellation))
        {
            Exit = new ContainerExit(null, 0, false, false); // The monitor was killed: nobody saw the exit.
        }
        else if (type == MessageType.Done && _letGo)
        {
            Detached = true;
            return;
        }
        else if (type == MessageType.Exited)
        {
            MessageBody body = MonitorConnection.Body(data);
            Exit = new ContainerExit(body.A, body.B, body.C != 0, false);
        }

        if (Exit is not null)
        {
            _pipes!.ReleaseSlave();
        }
    }
}
