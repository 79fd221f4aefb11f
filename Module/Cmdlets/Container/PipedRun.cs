using System.Buffers;
using System.Runtime.ExceptionServices;
using System.Text;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>
/// Input and output of a run at once. The pipeline's thread may only write to the container and take its output between two
/// objects; the container does both when it likes. Two threads keep the two pipes moving, both buffers are bounded, and the
/// pipeline's thread waits for "room for input or output to take", never for one of them alone.
/// </summary>
internal sealed class PipedRun : IDisposable
{
    private const int InputLimit = 256 << 10;

    private const int OutputLimit = 1 << 20;

    private readonly IProgramSession _session;

    private readonly object _gate = new();

    private readonly CancellationTokenSource _end = new();

    private readonly Queue<(LogStream Stream, byte[] Data)> _output = new();

    private readonly Thread _writer;

    private readonly Thread _reader;

    // Filled by the pipeline, swapped with an empty one by the writer: one message to the container for many short lines.
    private ArrayBufferWriter<byte> _input = new();

    private int _outputBytes;

    private bool _inputEnded;

    private bool _inputClosed;

    private bool _outputEnded;

    private Exception? _failure;

    internal PipedRun(IProgramSession session)
    {
        _session = session;
        _writer = new Thread(WriteInput) { IsBackground = true, Name = "Container input" };
        _reader = new Thread(ReadOutput) { IsBackground = true, Name = "Container output" };
        _writer.Start();
        _reader.Start();
    }

    internal void Append(ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            if (!_inputClosed)
            {
                _input.Write(data);
                Monitor.PulseAll(_gate);
            }
        }
    }

    internal void AppendLine(string text)
    {
        lock (_gate)
        {
            if (!_inputClosed)
            {
                Encoding.UTF8.GetBytes(text, _input);
                _input.Write("\n"u8);
                Monitor.PulseAll(_gate);
            }
        }
    }

    internal void EndInput()
    {
        lock (_gate)
        {
            _inputEnded = true;
            Monitor.PulseAll(_gate);
        }
    }

    internal bool TakeWhileInputIsFull(CancellationToken stop, out OutputChunk chunk)
    {
        using CancellationTokenRegistration wake = stop.UnsafeRegister(static gate => Wake(gate!), _gate);
        lock (_gate)
        {
            while (_output.Count == 0 && _input.WrittenCount > InputLimit && !_inputClosed && !_outputEnded)
            {
                stop.ThrowIfCancellationRequested();
                Monitor.Wait(_gate);
            }

            stop.ThrowIfCancellationRequested();
            return TakeOne(out chunk);
        }
    }

    internal bool Take(CancellationToken stop, out OutputChunk chunk)
    {
        using CancellationTokenRegistration wake = stop.UnsafeRegister(static gate => Wake(gate!), _gate);
        lock (_gate)
        {
            while (_output.Count == 0 && !_outputEnded)
            {
                stop.ThrowIfCancellationRequested();
                Monitor.Wait(_gate);
            }

            stop.ThrowIfCancellationRequested();
            if (TakeOne(out chunk))
            {
                return true;
            }
        }

        // The container has ended: what it did not read is nobody's.
        Cancel();
        Join();
        if (_failure is not null)
        {
            ExceptionDispatchInfo.Throw(_failure);
        }

        return false;
    }

    internal void Cancel() => _end.Cancel();

    /// <summary>Once, at the end.</summary>
    public void Dispose()
    {
        Cancel();
        Join();
        _end.Dispose();
    }

    internal void Join()
    {
        lock (_gate)
        {
            _inputEnded = true;
            _outputBytes = int.MinValue / 2; // A reader that waits for room goes on to the end.
            Monitor.PulseAll(_gate);
        }

        _writer.Join();
        _reader.Join();
    }

    private static void Wake(object gate)
    {
        lock (gate)
        {
            Monitor.PulseAll(gate);
        }
    }

    private bool TakeOne(out OutputChunk chunk)
    {
        if (!_output.TryDequeue(out (LogStream Stream, byte[] Data) piece))
        {
            chunk = default;
            return false;
        }

        _outputBytes -= piece.Data.Length;
        Monitor.PulseAll(_gate);
        chunk = new OutputChunk(piece.Stream, piece.Data);
        return true;
    }

    private void WriteInput() => Run(() =>
    {
        ArrayBufferWriter<byte> taken = new();
        while (true)
        {
            lock (_gate)
            {
                while (_input.WrittenCount == 0 && !_inputEnded)
                {
                    Monitor.Wait(_gate);
                }

                if (_input.WrittenCount == 0)
                {
                    break;
                }

                (taken, _input) = (_input, taken);
                Monitor.PulseAll(_gate);
            }

            _session.WriteInput(taken.WrittenSpan, _end.Token);
            taken.ResetWrittenCount();
        }

        _session.CloseInput();
    }, () => _inputClosed = true);

    private void ReadOutput() => Run(() =>
    {
        while (_session.Read(out OutputChunk chunk, _end.Token))
        {
            byte[] data = chunk.Data.ToArray();
            lock (_gate)
            {
                while (_outputBytes > OutputLimit)
                {
                    Monitor.Wait(_gate);
                }

                _output.Enqueue((chunk.Stream, data));
                _outputBytes += data.Length;
                Monitor.PulseAll(_gate);
            }
        }
    }, () => _outputEnded = true);

    /// <summary>The first failure is kept for the pipeline's thread; that the run is over is none.</summary>
    private void Run(Action body, Action ended)
    {
        Exception? failure = null;
        try
        {
            body();
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
        }
#pragma warning disable CA1031 // It is thrown again where somebody can be told.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = e;
        }

        lock (_gate)
        {
            _failure ??= failure;
            ended();
            Monitor.PulseAll(_gate);
        }
    }
}
