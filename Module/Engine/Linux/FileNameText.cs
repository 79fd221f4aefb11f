using System.Buffers;
using System.Globalization;
using System.Text;

namespace Containers.Engine.Linux;

/// <summary>
/// Names of files as text that loses nothing: names on Linux are bytes. A byte that is no UTF-8 becomes the lone surrogate U+DC00 + byte, which
/// no UTF-8 gives (PEP 383 does the same), so that what was listed can be opened.
/// </summary>
internal static class FileNameText
{
    private const char Escaped = '\uDC00';

    internal static string From(ReadOnlySpan<byte> name)
    {
        StringBuilder? text = null;
        ReadOnlySpan<byte> rest = name;
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(rest, out Rune rune, out int consumed) == OperationStatus.Done)
            {
                text?.Append(rune.ToString());
                rest = rest[consumed..];
                continue;
            }

            text ??= new StringBuilder(Encoding.UTF8.GetString(name[..^rest.Length]));
            text.Append((char)(Escaped + rest[0]));
            rest = rest[1..];
        }

        return text?.ToString() ?? Encoding.UTF8.GetString(name);
    }

    /// <summary>The bytes again, without a final zero.</summary>
    /// <exception cref="ArgumentException">A NUL, which would cut the name short in the kernel.</exception>
    internal static byte[] ToBytes(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("A path cannot contain a NUL character.", nameof(text));
        }

        if (!text.Any(char.IsLowSurrogate))
        {
            return Encoding.UTF8.GetBytes(text);
        }

        ArrayBufferWriter<byte> bytes = new(text.Length);
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out Rune rune, out int consumed) != OperationStatus.Done && rest[0] is >= '\uDC80' and <= '\uDCFF')
            {
                bytes.Write([(byte)(rest[0] - Escaped)]);
            }
            else
            {
                bytes.Advance(rune.EncodeToUtf8(bytes.GetSpan(4)));
            }

            rest = rest[consumed..];
        }

        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>For people: the bytes that are no UTF-8 as \xNN.</summary>
    internal static string Show(string text)
    {
        if (!text.Any(c => c is >= '\uDC80' and <= '\uDCFF'))
        {
            return text;
        }

        StringBuilder shown = new(text.Length);
        for (int at = 0; at < text.Length; at++)
        {
            bool lone = text[at] is >= '\uDC80' and <= '\uDCFF' && (at == 0 || !char.IsHighSurrogate(text[at - 1]));
            _ = lone ? shown.Append(CultureInfo.InvariantCulture, $"\\x{text[at] - Escaped:x2}") : shown.Append(text[at]);
        }

        return shown.ToString();
    }
}
