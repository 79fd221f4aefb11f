using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Provider;
using System.Text;

namespace Containers.Cmdlets;

/// <summary>What Get-Content takes for files of the drive.</summary>
public sealed class DriveContentParameters
{
    /// <summary>The whole content as one.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <summary>Bytes instead of lines.</summary>
    [Parameter]
    public SwitchParameter AsByteStream { get; set; }
}

/// <summary>Content of one file: lines of UTF-8, or bytes.</summary>
internal sealed class DriveContentReader : IContentReader
{
    private readonly Stream _stream;
    private readonly bool _raw;
    private readonly StreamReader? _text;
    private bool _done;

    internal DriveContentReader(Stream stream, DriveContentParameters? parameters)
    {
        _stream = stream;
        _raw = parameters?.Raw == true;
        _text = parameters?.AsByteStream == true ? null : new StreamReader(stream, Encoding.UTF8, detectEncodingFromByteOrderMarks: true);
    }

    /// <param name="readCount">How many lines or bytes; everything where it is 0 or less.</param>
    public IList Read(long readCount)
    {
        if (_done)
        {
            return Array.Empty<object>();
        }

        long count = readCount <= 0 ? long.MaxValue : readCount;
        return _raw ? Whole() : _text is null ? Bytes(count) : Lines(_text, count);
    }

    public void Seek(long offset, SeekOrigin origin)
    {
        _stream.Seek(offset, origin);
        _text?.DiscardBufferedData();
        _done = false;
    }

    public void Close() => Dispose();

    public void Dispose()
    {
        _text?.Dispose();
        _stream.Dispose();
    }

    private object[] Whole()
    {
        _done = true;
        if (_text is not null)
        {
            string text = _text.ReadToEnd();
            return text.Length == 0 ? [] : [text];
        }

        using MemoryStream all = new();
        _stream.CopyTo(all);
        return all.Length == 0 ? [] : [all.ToArray()];
    }

    private static ArrayList Lines(StreamReader reader, long count)
    {
        ArrayList lines = [];
        while (lines.Count < count && reader.ReadLine() is { } line)
        {
            lines.Add(line);
        }

        return lines;
    }

    private ArrayList Bytes(long count)
    {
        byte[] buffer = new byte[(int)Math.Min(count, 64 * 1024)];
        ArrayList bytes = [];
        while (bytes.Count < count && _stream.Read(buffer, 0, (int)Math.Min(buffer.Length, count - bytes.Count)) is > 0 and int got)
        {
            foreach (byte one in buffer.AsSpan(0, got))
            {
                bytes.Add(one);
            }
        }

        return bytes;
    }
}

/// <summary>A container's log as its lines, or as one text.</summary>
internal sealed class DriveLogReader(IEnumerable<string> lines, bool raw) : IContentReader
{
    private readonly IEnumerator<string> _lines = lines.GetEnumerator();

    public IList Read(long readCount)
    {
        ArrayList part = [];
        long count = readCount <= 0 || raw ? long.MaxValue : readCount;
        while (part.Count < count && _lines.MoveNext())
        {
            part.Add(_lines.Current);
        }

        return raw && part.Count > 0 ? new[] { string.Join('\n', part.ToArray()) + "\n" } : part;
    }

    public void Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("A log is read from its beginning.");

    public void Close() => Dispose();

    public void Dispose() => _lines.Dispose();
}
