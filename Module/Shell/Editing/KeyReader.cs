using System.Runtime.InteropServices;
using System.Text;

namespace Containers.Shell.Editing;

/// <summary>
/// Turns the bytes of a terminal in raw mode into keys: UTF-8, the control keys of readline, the CSI and SS3 sequences of
/// xterm and its kin (with modifiers), and bracketed paste.
/// </summary>
/// <param name="next">Gives the next byte, waiting at most so many milliseconds (-1: for ever); null when there is none.</param>
internal sealed class KeyReader(Func<int, byte?> next)
{
    // A lone Escape is told from a sequence by what follows within this time.
    private const int SequenceMilliseconds = 50;

    internal KeyPress Read(byte first) => first switch
    {
        0x01 => new(Key.Home),
        0x02 => new(Key.Left),
        0x03 => new(Key.Cancel),
        0x04 => new(Key.EndOfInput),
        0x05 => new(Key.End),
        0x06 => new(Key.Right),
        0x08 or 0x7F => new(Key.Backspace),
        0x09 => new(Key.Tab),
        0x0A or 0x0D => new(Key.Enter),
        0x0B => new(Key.KillToEnd),
        0x0C => new(Key.ClearScreen),
        0x0E => new(Key.Down),
        0x10 => new(Key.Up),
        0x15 => new(Key.KillToStart),
        0x17 => new(Key.KillWordBack),
        0x19 => new(Key.Yank),
        0x1B => ReadEscape(),
        < 0x20 => new(Key.Unknown),
        _ => ReadText(first),
    };

    private KeyPress ReadText(byte first)
    {
        int length = first switch { < 0x80 => 1, < 0xC0 => 1, < 0xE0 => 2, < 0xF0 => 3, _ => 4 };
        Span<byte> bytes = stackalloc byte[4];
        bytes[0] = first;
        int have = 1;
        while (have < length && next(SequenceMilliseconds) is { } more)
        {
            bytes[have++] = more;
        }

        _ = Rune.DecodeFromUtf8(bytes[..have], out Rune rune, out _);
        return KeyPress.Of(rune);
    }

    private KeyPress ReadEscape() => next(SequenceMilliseconds) switch
    {
        null => new(Key.Escape),
        (byte)'[' => ReadControlSequence(),
        (byte)'O' => next(SequenceMilliseconds) is { } final ? Named((char)final, "") : new(Key.Unknown),
        (byte)'b' or (byte)'B' => new(Key.WordLeft),
        (byte)'f' or (byte)'F' => new(Key.WordRight),
        (byte)'d' or (byte)'D' => new(Key.KillWordForward),
        0x7F or 0x08 => new(Key.KillWordBack),
        0x0D or 0x0A => new(Key.Paste, "\n"),
        0x1B => ReadEscape() is { Key: Key.Left or Key.Right } arrow ? WithModifier(arrow.Key) : new(Key.Unknown),
        _ => new(Key.Unknown),
    };

    private KeyPress ReadControlSequence()
    {
        StringBuilder parameters = new();
        while (next(SequenceMilliseconds) is { } value)
        {
            if (value is >= 0x40 and <= 0x7E)
            {
                string text = parameters.ToString();
                return value == '~' && text == "200" ? ReadPaste() : Named((char)value, text);
            }

            parameters.Append((char)value);
        }

        return new(Key.Unknown);
    }

    private static KeyPress Named(char final, string parameters)
    {
        string[] parts = parameters.Split(';');
        bool modified = parts.Length > 1 && parts[1] is not ("" or "1" or "2");
        Key key = (final, parts[0]) switch
        {
            ('A', _) => Key.Up,
            ('B', _) => Key.Down,
            ('C', _) => Key.Right,
            ('D', _) => Key.Left,
            ('H', _) or ('~', "1" or "7") => Key.Home,
            ('F', _) or ('~', "4" or "8") => Key.End,
            ('Z', _) => Key.BackTab,
            ('~', "3") => modified ? Key.KillWordForward : Key.Delete,
            _ => Key.Unknown,
        };
        return modified ? WithModifier(key) : new(key);
    }

    private static KeyPress WithModifier(Key key) => new(key switch
    {
        Key.Left => Key.WordLeft,
        Key.Right => Key.WordRight,
        _ => key,
    });

    /// <summary>Everything up to ESC [ 201 ~. Line ends become \n; other control characters but tab are dropped.</summary>
    private KeyPress ReadPaste()
    {
        List<byte> bytes = [];
        ReadOnlySpan<byte> end = "\e[201~"u8;
        // The terminal sends the end mark; should it be lost, silence ends the paste.
        while (next(1000) is { } value)
        {
            bytes.Add(value);
            if (CollectionsMarshal.AsSpan(bytes).EndsWith(end))
            {
                bytes.RemoveRange(bytes.Count - end.Length, end.Length);
                break;
            }
        }

        string text = Encoding.UTF8.GetString([.. bytes]).ReplaceLineEndings("\n").Replace("\t", "    ", StringComparison.Ordinal);
        return new(Key.Paste, string.Concat(text.Where(c => c == '\n' || !char.IsControl(c))));
    }
}
