using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Engine.Lifecycle;

/// <summary>How a container's run ended.</summary>
/// <param name="ExitCode">Exit code, or 128 + signal; null when nobody saw it (the monitor was killed).</param>
/// <param name="Signal">The signal that ended it, or 0.</param>
/// <param name="OomKilled">The kernel killed for lack of memory.</param>
/// <param name="Restarts">The restart policy will start it again.</param>
public sealed record ContainerExit(int? ExitCode, int Signal, bool OomKilled, bool Restarts);

/// <summary>A piece of output, as bytes: <see cref="Data"/> is only valid until the next one is asked for.</summary>
/// <param name="Stream">Where it was written.</param>
/// <param name="Data">The bytes.</param>
public readonly record struct OutputChunk(LogStream Stream, ReadOnlyMemory<byte> Data);

/// <summary>A session attached to a container's run: its output, its input, its end. One reader and one writer thread may use it at once.</summary>
public sealed class RunSession : IProgramSession
{
    private readonly MonitorConnection _connection;

    private readonly Action _ended;
    private bool _done;

    /// <param name="container">As it was when it started.</param>
    /// <param name="connection">To its monitor.</param>
    /// <param name="ended">Called once, when the run has ended for good.</param>
    internal RunSession(Container container, MonitorConnection connection, Action ended)
    {
        Container = container;
        _connection = connection;
        _ended = ended;
    }

    /// <summary>The container as it was when it started.</summary>
    public Container Container { get; }

    /// <summary>The end of the run; null while it goes on.</summary>
    public ContainerExit? Exit { get; private set; }

    /// <summary>The session let go; the run may go on.</summary>
    public bool Detached { get; private set; }

    /// <summary>Waits for the next piece of output.</summary>
    /// <returns>
    /// False when the run has ended and everything was read, and <see cref="Exit"/> is set; or when the session is <see cref="Detached"/>.
    /// </returns>
    public bool Read(out OutputChunk chunk, CancellationToken cancellation)
    {
        while (Exit is null && !Detached && _connection.Receive(out MessageType type, out ReadOnlyMemory<byte> data, cancellation))
        {
            switch (type)
            {
                case MessageType.Output or MessageType.Error:
                    chunk = new OutputChunk(type == MessageType.Output ? LogStream.Stdout : LogStream.Stderr, data);
                    return true;
                case MessageType.Exited:
                    MessageBody body = MonitorConnection.Body(data);
                    Exit = new ContainerExit(body.A, body.B, body.C != 0, body.D != 0);
                    break;
                case MessageType.Done:
                    Detached = true; // The only request of a session that is answered.
                    break;
            }
        }

        if (!_done && !Detached)
        {
            _done = true;

            // The connection ended without a word: the monitor was killed, and nobody saw the exit.
            bool seen = Exit is not null;
            Exit ??= new ContainerExit(null, 0, false, false);
            if (seen && !Exit.Restarts)
            {
                _ended();
            }
        }

        chunk = default;
        return false;
    }

    /// <summary>Writes to the container's standard input; blocks while the container does not read. A container that closed it takes nothing.</summary>
    public void WriteInput(ReadOnlySpan<byte> data, CancellationToken cancellation)
    {
        while (!data.IsEmpty)
        {
            cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> piece = data[..Math.Min(data.Length, MonitorProtocol.MaximumData)];
            if (!TrySend(MessageType.Input, piece))
            {
                return;
            }

            data = data[piece.Length..];
        }
    }

    /// <summary>Nothing more will be written. A terminal has no end of input.</summary>
    public void CloseInput() => TrySend(MessageType.EndOfInput, []);

    /// <summary>Whether input and output are a terminal: then <see cref="OutputChunk"/>s are raw, and all of them standard output.</summary>
    public bool HasTerminal => Container.Spec?.Process.Terminal ?? false;

    /// <summary>Tells the terminal its size; programs get SIGWINCH when it is another one.</summary>
    public void Resize(TerminalSize size) => TrySend(MessageType.Resize, new MessageBody { A = size.Rows, B = size.Columns });

    /// <summary>Asks to be let go, from any thread: the container runs on with its input open, and <see cref="Read"/> comes to its end.</summary>
    public void Detach() => TrySend(MessageType.Detach, default(MessageBody));

    public void Dispose() => _connection.Dispose();

    private unsafe void TrySend(MessageType type, MessageBody body) => TrySend(type, new ReadOnlySpan<byte>(&body, sizeof(MessageBody)));

    /// <returns>False when the run has ended, so that nobody reads.</returns>
    private bool TrySend(MessageType type, ReadOnlySpan<byte> data)
    {
        try
        {
            _connection.Send(type, data);
            return true;
        }
        catch (LinuxException e) when (e.Errno is Errno.EPIPE or Errno.ECONNRESET or Errno.EBADF)
        {
            return false;
        }
    }
}
