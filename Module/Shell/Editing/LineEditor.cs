using System.IO.Pipes;
using System.Runtime.InteropServices;
using Containers.Shell.Terminal;

namespace Containers.Shell.Editing;

/// <summary>Reads a command, or an answer, from the terminal with editing, history and completion.</summary>
internal sealed class LineEditor : IDisposable
{
    private readonly TerminalDevice _device;
    private readonly LineView _view;
    private readonly KeyReader _keys;
    private readonly AnonymousPipeServerStream _resized = new(PipeDirection.In);
    private readonly AnonymousPipeClientStream _resizing;
    private readonly PosixSignalRegistration _signal;
    private readonly Queue<byte> _pending = new();
    private bool _closed;

    internal LineEditor(TerminalDevice device)
    {
        _device = device;
        _view = new LineView(device);
        _keys = new KeyReader(NextByte);
        _resizing = new AnonymousPipeClientStream(PipeDirection.Out, _resized.ClientSafePipeHandle);
        _signal = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => _resizing.WriteByte(1));
    }

    internal LineHistory History { get; init; } = new(null);

    /// <summary>Proposals for the text at the cursor, or null for plain answers where Tab does nothing.</summary>
    internal Func<LineBuffer, TabCompletion?>? Complete { get; init; }

    /// <summary>Tells whether Enter ends the text or opens another line.</summary>
    internal Func<string, bool>? IsIncomplete { get; init; }

    public void Dispose()
    {
        _signal.Dispose();
        _resizing.Dispose();
        _resized.Dispose();
    }

    /// <summary>Reads a text that may have several lines.</summary>
    /// <returns>The text; "" after Ctrl+C (<paramref name="cancelled"/>); null at the end of input.</returns>
    internal string? Read(string prompt, out bool cancelled, bool command = true)
    {
        cancelled = false;
        LineBuffer buffer = new();
        int past = History.Entries.Count;
        string draft = "";
        TabCompletion? completion = null;
        bool listed = false;
        using IDisposable raw = _device.Mode.EnterRaw();
        _device.Output.Write("\e[?2004h");
        try
        {
            if (command)
            {
                // Output that did not end its line: as many blanks as the screen is wide leave the cursor on a fresh row.
                _device.Output.Write(new string(' ', Math.Max(0, _device.Size.Width - 1)) + "\r\e[K");
            }

            while (true)
            {
                _view.Draw(prompt, command ? ">> " : "", buffer);
                KeyPress press = ReadKey();
                if (press.Key is not (Key.Tab or Key.BackTab or Key.Resize))
                {
                    completion = null;
                    listed = false;
                }

                switch (press.Key)
                {
                    case Key.Enter when command && IsIncomplete?.Invoke(buffer.Text) == true:
                        buffer.Set(buffer.Text + "\n");
                        break;
                    case Key.Enter:
                        _view.Finish();
                        return buffer.Text;
                    case Key.Cancel:
                        _view.Finish("^C");
                        cancelled = true;
                        return "";
                    case Key.EndOfInput when _closed || buffer.Text.Length == 0:
                        _view.Finish();
                        return null;
                    case Key.EndOfInput:
                        buffer.Delete();
                        break;
                    case Key.ClearScreen:
                        _view.Clear();
                        break;
                    case Key.Resize:
                        _view.Resized();
                        break;
                    case Key.Tab or Key.BackTab when command && Complete is not null:
                        if (completion is null)
                        {
                            completion = Complete(buffer);
                        }
                        else if (!listed && completion.Count > 1)
                        {
                            listed = true;
                            _view.Finish();
                            _device.Output.Write(completion.Listing(_device.Size.Width) + "\r\n");
                        }

                        completion?.Apply(buffer, press.Key == Key.Tab ? 1 : -1);
                        break;
                    case Key.Up or Key.Down:
                        int direction = press.Key == Key.Up ? -1 : 1;
                        int target = past + direction;
                        if (!buffer.MoveLine(direction) && command && target >= 0 && target <= History.Entries.Count)
                        {
                            draft = past == History.Entries.Count ? buffer.Text : draft;
                            past = target;
                            buffer.Set(past == History.Entries.Count ? draft : History.Entries[past]);
                        }

                        break;
                    default:
                        Edit(buffer, press);
                        break;
                }
            }
        }
        finally
        {
            _device.Output.Write("\e[?2004l");
        }
    }

    /// <summary>Reads a line that is not shown. Null after Ctrl+C or Ctrl+D.</summary>
    internal char[]? ReadSecret(string prompt)
    {
        using IDisposable raw = _device.Mode.EnterRaw();
        _device.Output.Write(prompt);
        LineBuffer buffer = new();
        while (true)
        {
            KeyPress press = ReadKey();
            switch (press.Key)
            {
                case Key.Enter:
                    _device.Output.Write("\r\n");
                    return buffer.Text.ToCharArray();
                case Key.Cancel or Key.EndOfInput:
                    _device.Output.Write("\r\n");
                    return null;
                default:
                    Edit(buffer, press);
                    break;
            }
        }
    }

    private static void Edit(LineBuffer buffer, KeyPress press)
    {
        switch (press.Key)
        {
            case Key.Text or Key.Paste: buffer.Insert(press.Text); break;
            case Key.Backspace: buffer.Backspace(); break;
            case Key.Delete: buffer.Delete(); break;
            case Key.Left: buffer.Left(); break;
            case Key.Right: buffer.Right(); break;
            case Key.Home: buffer.Home(); break;
            case Key.End: buffer.End(); break;
            case Key.WordLeft: buffer.WordLeft(); break;
            case Key.WordRight: buffer.WordRight(); break;
            case Key.KillToEnd: buffer.KillToEnd(); break;
            case Key.KillToStart: buffer.KillToStart(); break;
            case Key.KillWordBack: buffer.KillWordBack(); break;
            case Key.KillWordForward: buffer.KillWordForward(); break;
            case Key.Yank: buffer.Yank(); break;
            default: break;
        }
    }

    private KeyPress ReadKey()
    {
        byte? first = NextByte(-1);
        return first is { } value ? _keys.Read(value) : new KeyPress(_closed ? Key.EndOfInput : Key.Resize);
    }

    /// <summary>The next byte of the terminal. Null after the time given, when the screen changed its size, or at the end.</summary>
    private unsafe byte? NextByte(int timeoutMilliseconds)
    {
        if (_pending.TryDequeue(out byte waiting))
        {
            return waiting;
        }

        Native.pollfd* wait = stackalloc Native.pollfd[2];
        wait[0] = new() { fd = 0, events = Native.POLLIN };
        wait[1] = new() { fd = (int)_resized.SafePipeHandle.DangerousGetHandle(), events = Native.POLLIN };
        int ready;
        do
        {
            // In the middle of a sequence only the keyboard counts.
            ready = Native.poll(wait, timeoutMilliseconds < 0 ? 2u : 1u, timeoutMilliseconds);
        }
        while (ready < 0 && Marshal.GetLastPInvokeError() == Native.EINTR);
        if (ready <= 0)
        {
            return null;
        }

        if (wait[0].revents == 0)
        {
            _ = _resized.ReadByte();
            return null;
        }

        byte* bytes = stackalloc byte[256];
        nint got = Native.read(0, bytes, 256);
        if (got <= 0)
        {
            _closed = true;
            return null;
        }

        for (int i = 1; i < got; i++)
        {
            _pending.Enqueue(bytes[i]);
        }

        return bytes[0];
    }
}
