using System.Buffers;
using System.Text;

namespace Containers.Monitor;

/// <summary>Writes a JSON object of numbers and texts into a buffer that is large enough. A JSON library costs more memory than the monitor.</summary>
internal unsafe ref struct JsonText
{
    private readonly byte* _buffer;

    internal JsonText(byte* buffer)
    {
        _buffer = buffer;
        Length = 0;
    }

    internal int Length { get; private set; }

    internal void Begin() => _buffer[Length++] = (byte)'{';

    internal void End()
    {
        _buffer[Length - 1] = (byte)'}';
        _buffer[Length++] = (byte)'\n';
    }

    internal void BeginList(ReadOnlySpan<byte> name)
    {
        Name(name);
        _buffer[Length++] = (byte)'[';
    }

    internal void EndList()
    {
        Length -= _buffer[Length - 1] == (byte)',' ? 1 : 0;
        _buffer[Length++] = (byte)']';
        _buffer[Length++] = (byte)',';
    }

    /// <summary>The end of an object in a list.</summary>
    internal void EndItem()
    {
        _buffer[Length - 1] = (byte)'}';
        _buffer[Length++] = (byte)',';
    }

    internal void Add(ReadOnlySpan<byte> name, long value)
    {
        Name(name);
        Length += Digits(_buffer + Length, value);
        _buffer[Length++] = (byte)',';
    }

    /// <param name="name">The member's name.</param>
    /// <param name="value">Text without a character that JSON would escape.</param>
    internal void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Name(name);
        _buffer[Length++] = (byte)'"';
        Copy(value);
        _buffer[Length++] = (byte)'"';
        _buffer[Length++] = (byte)',';
    }

    /// <summary>A member whose text may be anything.</summary>
    internal void AddEscaped(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Name(name);
        _buffer[Length++] = (byte)'"';
        Length += Escape(_buffer + Length, value);
        _buffer[Length++] = (byte)'"';
        _buffer[Length++] = (byte)',';
    }

    /// <summary>The text as it stands between quotation marks. What is no UTF-8 becomes U+FFFD, as with docker.</summary>
    /// <param name="target">Room for six bytes for each byte of the text.</param>
    /// <param name="text">Any bytes.</param>
    /// <returns>The number of bytes written.</returns>
    internal static int Escape(byte* target, ReadOnlySpan<byte> text)
    {
        int length = 0;
        while (!text.IsEmpty)
        {
            int plain = PlainLength(text);
            text[..plain].CopyTo(new Span<byte>(target + length, plain));
            length += plain;
            text = text[plain..];
            if (text.IsEmpty)
            {
                break;
            }

            byte b = text[0];
            if (b >= 0x80)
            {
                bool valid = Rune.DecodeFromUtf8(text, out _, out int size) == OperationStatus.Done;
                ReadOnlySpan<byte> character = valid ? text[..size] : "\\ufffd"u8;
                character.CopyTo(new Span<byte>(target + length, character.Length));
                length += character.Length;
                text = text[size..];
                continue;
            }

            target[length++] = (byte)'\\';
            switch (b)
            {
                case (byte)'"' or (byte)'\\':
                    target[length++] = b;
                    break;
                case (byte)'\n':
                    target[length++] = (byte)'n';
                    break;
                case (byte)'\r':
                    target[length++] = (byte)'r';
                    break;
                case (byte)'\t':
                    target[length++] = (byte)'t';
                    break;
                default:
                    "u00"u8.CopyTo(new Span<byte>(target + length, 3));
                    target[length + 3] = (byte)('0' + (b >> 4));
                    target[length + 4] = (byte)((b & 15) < 10 ? '0' + (b & 15) : 'a' + (b & 15) - 10);
                    length += 5;
                    break;
            }

            text = text[1..];
        }

        return length;
    }

    /// <summary>Printable ASCII that needs no escaping.</summary>
    private static int PlainLength(ReadOnlySpan<byte> text)
    {
        int length = 0;
        while (length < text.Length && text[length] is >= 0x20 and < 0x7F and not (byte)'"' and not (byte)'\\')
        {
            length++;
        }

        return length;
    }

    /// <returns>The number of bytes written.</returns>
    internal static int Digits(byte* buffer, long value)
    {
        int length = 0;
        if (value < 0)
        {
            buffer[length++] = (byte)'-';
            value = -value;
        }

        byte* reversed = stackalloc byte[20];
        int count = 0;
        do
        {
            reversed[count++] = (byte)('0' + (value % 10));
            value /= 10;
        }
        while (value != 0);
        while (count > 0)
        {
            buffer[length++] = reversed[--count];
        }

        return length;
    }

    private void Name(ReadOnlySpan<byte> name)
    {
        _buffer[Length++] = (byte)'"';
        Copy(name);
        _buffer[Length++] = (byte)'"';
        _buffer[Length++] = (byte)':';
    }

    private void Copy(ReadOnlySpan<byte> text)
    {
        text.CopyTo(new Span<byte>(_buffer + Length, text.Length));
        Length += text.Length;
    }
}
