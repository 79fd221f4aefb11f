using System.Buffers;
using System.Runtime.InteropServices;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;

namespace Containers.Cmdlets;

/// <summary>
/// Joins the session's terminal to a program's, until the program ends, the detach keys come or the pipeline stops. The pipeline's thread
/// writes the output; one thread reads the keyboard, so that the detach keys work also while the program takes no input; one sends.
/// </summary>
internal sealed class TerminalRelay
{
    /// <summary>What may wait for a program that does not read. What is typed beyond is lost with a bell, as on every terminal.</summary>
    private const int InputLimit = 64 << 10;

    private const int SenderMilliseconds = 200;

    private readonly object _gate = new();

    private readonly IProgramSession _session;

    private readonly Action<TerminalSize> _resize;

    private readonly Action _detach;

    private readonly bool _endsWithTerminal;

    private readonly DetachSequence _keys;

    // Filled by the keyboard, swapped with an empty one by the sender.
    private ArrayBufferWriter<byte> _input = new();

    private bool _sizeChanged;

    private bool _leaving;

    private volatile bool _gone;

    private bool _over;

    /// <param name="session">The program.</param>
    /// <param name="resize">Tells its terminal the size.</param>
    /// <param name="detach">Asks to be let go.</param>
    /// <param name="keys">What asks for that.</param>
    /// <param name="endsWithTerminal">Whose own terminal is gone ends the program, too, as closing a window does; else it is let go.</param>
    internal TerminalRelay(IProgramSession session, Action<TerminalSize> resize, Action detach, DetachSequence keys, bool endsWithTerminal)
    {
        _endsWithTerminal = endsWithTerminal;
        _session = session;
        _resize = resize;
        _detach = detach;
        _keys = keys;
    }

    /// <param name="redraw">The program has drawn its screen before, and should do it again for us.</param>
    /// <param name="stop">The pipeline is stopped.</param>
    /// <returns>True when the user let go of the program, which runs on.</returns>
    internal bool Run(bool redraw, CancellationToken stop)
    {
        using CancellationTokenSource leave = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using CancellationTokenSource over = new();
        using RawMode raw = new();
        using PosixSignalRegistration resized = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => NoteSize());
        using PosixSignalRegistration continued = PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => NoteSize());
        Thread sender = new(() => Send(redraw, over.Token)) { IsBackground = true, Name = "Container terminal" };
        sender.Start();
        KeyboardReader keyboard = new(typed => Take(typed, leave), () => LoseTerminal(leave));
        try
        {
            bool line = true;
            while (_session.Read(out OutputChunk chunk, leave.Token))
            {
                SessionTerminal.Write(chunk.Data.Span);
                line = chunk.Data.Span is [.., (byte)'\n'];
            }

            if (!line)
            {
                SessionTerminal.Write("\r\n"u8); // It was killed, or let go of: the prompt begins a line of its own.
            }
        }
        catch (OperationCanceledException) when ((_leaving || _gone) && !stop.IsCancellationRequested)
        {
            // The monitor could not be told, because the program takes no input: the end of the connection says the same.
        }
        catch (LinuxException) when (_endsWithTerminal && !SessionTerminal.HasKeyboard)
        {
            // Nobody sees what is written any more.
        }
        finally
        {
            lock (_gate)
            {
                _over = true;
                Monitor.PulseAll(_gate);
            }

            over.Cancel();
            keyboard.Dispose();
            sender.Join(SenderMilliseconds); // Before what it writes to is closed; unless it waits for a monitor, which takes no token.
            _session.Dispose();
            sender.Join();
        }

        return _leaving && _session.Exit is null;
    }

    private void NoteSize()
    {
        lock (_gate)
        {
            _sizeChanged = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void Take(ReadOnlySpan<byte> typed, CancellationTokenSource leave)
    {
        ArrayBufferWriter<byte> passed = new(typed.Length + 16);
        bool detach = _keys.Take(typed, passed);
        bool full;
        lock (_gate)
        {
            full = passed.WrittenCount > 0 && _input.WrittenCount + passed.WrittenCount > InputLimit;
            if (!full)
            {
                _input.Write(passed.WrittenSpan);
                Monitor.PulseAll(_gate);
            }
        }

        if (full)
        {
            SessionTerminal.Write("\a"u8);
        }

        if (detach)
        {
            Leave(leave);
        }
    }

    /// <summary>The end of the session's own terminal: who has none any more cannot have meant a container by that.</summary>
    private void LoseTerminal(CancellationTokenSource leave)
    {
        if (_endsWithTerminal)
        {
            _gone = true;
            leave.Cancel();
        }
        else
        {
            Leave(leave);
        }
    }

    private void Leave(CancellationTokenSource leave)
    {
        const int PatienceMilliseconds = 1000;
        lock (_gate)
        {
            _leaving = true;
            Monitor.PulseAll(_gate);
        }

        leave.CancelAfter(PatienceMilliseconds);
    }

    private void Send(bool redraw, CancellationToken over)
    {
        TerminalSize size = SessionTerminal.Size;
        if (redraw && size.IsKnown)
        {
            // Programs draw anew when their size changes; as docker's client does it.
            _resize(new TerminalSize(size.Rows + 1, size.Columns + 1));
            _resize(size);
        }

        ArrayBufferWriter<byte> taken = new();
        while (true)
        {
            bool resize;
            lock (_gate)
            {
                while (_input.WrittenCount == 0 && !_sizeChanged && !_leaving && !_over)
                {
                    Monitor.Wait(_gate);
                }

                if (_over)
                {
                    return;
                }

                if (_leaving && _input.WrittenCount == 0)
                {
                    break;
                }

                resize = _sizeChanged;
                _sizeChanged = false;
                (taken, _input) = (_input, taken);
            }

            if (resize && SessionTerminal.Size is { IsKnown: true } now && now != size)
            {
                size = now;
                _resize(size);
            }

            try
            {
                _session.WriteInput(taken.WrittenSpan, over);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            taken.ResetWrittenCount();
        }

        _detach();
    }
}
