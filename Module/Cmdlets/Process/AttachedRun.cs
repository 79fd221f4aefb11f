using System.Collections;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>
/// A program that a pipeline is attached to. Without input the pipeline's own thread reads the output: nothing stands between.
/// With input a writer and a reader thread stand between the pipeline and the program, and <see cref="PipedRun"/> holds what is
/// under way; a program that does not read, or a pipeline that does not take, holds the other back and nobody for ever.
/// </summary>
internal abstract class AttachedRun : IDisposable
{
    private readonly IProgramSession _session;

    private readonly PipedRun? _pipes;

    private readonly TypedLines? _keyboard;

    private readonly Lock _ending = new();

    private bool _ended;

    private bool _disposed;

    /// <param name="session">The program.</param>
    /// <param name="hasInput">Something will be written to its input.</param>
    /// <param name="inputOpen">It has an input.</param>
    /// <param name="typed">What is written is what the user types, line by line, until Ctrl+D.</param>
    private protected AttachedRun(IProgramSession session, bool hasInput, bool inputOpen, bool typed = false)
    {
        _session = session;
        if (hasInput)
        {
            _pipes = new PipedRun(session);
            _keyboard = typed ? new TypedLines(_pipes.Append, _pipes.EndInput) : null;
        }
        else if (inputOpen)
        {
            session.CloseInput();
        }
    }

    /// <summary>An object of the pipeline: a string is a line, bytes are bytes, a list is its elements, anything else is its text.</summary>
    internal void Append(object? value)
    {
        switch (Conversions.Unwrap(value))
        {
            case null:
                break;
            case byte[] bytes:
                _pipes!.Append(bytes);
                break;
            case byte single:
                _pipes!.Append([single]);
                break;
            case string text:
                _pipes!.AppendLine(text);
                break;
            case IEnumerable list and not IDictionary:
                foreach (object? element in list)
                {
                    Append(element);
                }

                break;
            case { } other:
                _pipes!.AppendLine(Conversions.Text(other));
                break;
        }
    }

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

    /// <returns>False when the program has ended and everything was read.</returns>
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

    /// <summary>Ends the program when it has not ended. From any thread, once.</summary>
    internal void Abandon()
    {
        lock (_ending)
        {
            if (!_ended)
            {
                _ended = true;
                EndProgram();
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

    private protected abstract void EndProgram();
}
