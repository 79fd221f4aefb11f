using System.Buffers;
using System.Text;

namespace Containers.Cmdlets;

/// <summary>
/// Cuts a stream of bytes into lines of UTF-8 text. A line ends with LF or CR LF, and with the stream. Lines are decoded whole, so
/// that a character that is cut in two by the reading is put together; bytes that are no UTF-8 become U+FFFD.
/// </summary>
internal sealed class LineSplitter
{
    private ArrayBufferWriter<byte>? _begun;

    internal void Add(ReadOnlySpan<byte> data, Action<string> write)
    {
        for (int end = data.IndexOf((byte)'\n'); end >= 0; end = data.IndexOf((byte)'\n'))
        {
            ReadOnlySpan<byte> line = data[..end];
            data = data[(end + 1)..];
            if (_begun is { WrittenCount: > 0 })
            {
                _begun.Write(line);
                string whole = Decode(_begun.WrittenSpan, ended: true);
                _begun = null; // Not kept: one huge line must not hold its memory for the rest of the run.
                write(whole);
            }
            else
            {
                write(Decode(line, ended: true));
            }
        }

        if (!data.IsEmpty)
        {
            _begun ??= new ArrayBufferWriter<byte>(Math.Max(256, data.Length));
            _begun.Write(data);
        }
    }

    /// <summary>The last line, when it has no end.</summary>
    internal void End(Action<string> write)
    {
        if (_begun is { WrittenCount: > 0 })
        {
            string rest = Decode(_begun.WrittenSpan, ended: false);
            _begun = null;
            write(rest);
        }
    }

    private static string Decode(ReadOnlySpan<byte> line, bool ended) =>
        Encoding.UTF8.GetString(ended && line is [.., (byte)'\r'] ? line[..^1] : line);
}
