using Containers.Engine;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>
/// A container that a pipeline is attached to. Without input the pipeline's own thread reads the output: nothing stands between.
/// With input a writer and a reader thread stand between the pipeline and the container, and <see cref="PipedRun"/> holds what is
/// under way; a container that does not read, or a pipeline that does not take, holds the other back and nobody for ever.
/// </summary>
internal sealed class ForegroundRun : IDisposable
{
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1);

    private readonly ContainerEngine _engine;

    private readonly Container _created;

    private readonly RunSession _session;

    private readonly PipedRun? _pipes;

    private readonly KeyboardReader? _keyboard;

    private readonly Lock _ending = new();

    private bool _ended;

    private bool _disposed;

    /// <param name="engine">Stops it.</param>
    /// <param name="created">The container.</param>
    /// <param name="session">Its run.</param>
    /// <param name="hasInput">Something will be written to its input.</param>
    /// <param name="inputOpen">It has an input.</param>
    /// <param name="typed">What is written is what the user types, line by line, until Ctrl+D.</param>
    internal ForegroundRun(ContainerEngine engine, Container created, RunSession session, bool hasInput, bool inputOpen, bool typed = false)
    {
        _engine = engine;
        _created = created;
        _session = session;
        if (hasInput)
        {
            _pipes = new PipedRun(session);
            _keyboard = typed ? new KeyboardReader(_pipes.Append, _pipes.EndInput) : null;
        }
        else if (inputOpen)
        {
            session.CloseInput();
        }
    }

    /// <summary>For whoever joins it with a terminal.</summary>
    internal RunSession Session => _session;

    internal void Append(ReadOnlySpan<byte> data) => _pipes!.Append(data);

    internal void AppendLine(string text) => _pipes!.AppendLine(text);

    /// <summary>Output that has come; waits for some only while more input waits than should.</summary>
    /// <returns>False when the pipeline may go on with the next object.</returns>
    internal bool TakeWhileInputIsFull(CancellationToken stop, out OutputChunk chunk) => _pipes!.TakeWhileInputIsFull(stop, out chunk);

    internal void EndInput()
    {
        if (_keyboard is null)
        {
            _pipes?.EndInput();
        }
    }

    /// <returns>False when the run has ended and everything was read.</returns>
    internal bool Read(CancellationToken stop, out OutputChunk chunk) =>
        _pipes is null ? _session.Read(out chunk, stop) : _pipes.Take(stop, out chunk);

    /// <summary>How it ended, after everything was read.</summary>
    internal ContainerExit End()
    {
        lock (_ending)
        {
            _ended = true;
        }

        _keyboard?.Dispose(); // The next key is the prompt's.
        return _session.Exit ?? new ContainerExit(null, 0, false, false);
    }

    /// <summary>The container after its end. One that removed itself, or whose record is about to say so, as the session saw it.</summary>
    internal Container LastSeen(ContainerExit exit)
    {
        Container last;
        try
        {
            last = _engine.Get(_created.Id);
        }
        catch (EngineException e) when (e.ErrorId == ErrorIds.ContainerNotFound)
        {
            last = _session.Container;
        }

        return last.IsRunning || last.State == ContainerState.Created || last.ExitCode is null
            ? last with
            {
                State = exit.Restarts ? ContainerState.Restarting : ContainerState.Exited,
                ExitCode = exit.ExitCode,
                Signal = exit.Signal == 0 ? null : exit.Signal,
                OomKilled = exit.OomKilled,
                Finished = last.Finished ?? DateTimeOffset.UtcNow,
                ProcessId = 0,
            }
            : last;
    }

    /// <summary>Stops the container when it has not ended: its stop signal, a second, then the kill. From any thread, once.</summary>
    internal void Abandon()
    {
        lock (_ending)
        {
            if (_ended)
            {
                return;
            }

            _ended = true;
            try
            {
                // One with RemoveOnExit removes itself.
                _engine.Stop(_created.Id, s_grace, signal: null, force: false, CancellationToken.None);
            }
            catch (EngineException)
            {
                // It has ended meanwhile, or it is paused and only a kill helps; nobody listens any more to what else went wrong.
                Kill();
            }
        }
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _keyboard?.Dispose();
        _pipes?.Cancel();
        Abandon();
        _pipes?.Dispose();
        _session.Dispose();
    }

    private void Kill()
    {
        try
        {
            _engine.Stop(_created.Id, TimeSpan.Zero, signal: null, force: true, CancellationToken.None);
        }
        catch (EngineException)
        {
            // Get-Container tells what is left.
        }
    }
}
