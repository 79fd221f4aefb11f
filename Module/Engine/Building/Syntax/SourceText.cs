using System.Globalization;
using System.Text;

namespace Containers.Engine.Building.Syntax;

/// <summary>The text of a Dockerfile, with the lines that error messages quote.</summary>
internal sealed class SourceText
{
    /// <summary>Bytes of the longest Dockerfile; people's have some kilobytes.</summary>
    internal const int MaxBytes = 16 << 20;

    private const int MaxQuoted = 120;

    private readonly List<int> _starts = [0];
    private readonly HashSet<int> _damaged = [];

    /// <param name="name">As messages should call it: the path that was given, or "Dockerfile".</param>
    internal SourceText(string name, string text)
    {
        Name = name;
        Text = text.StartsWith('\uFEFF') ? text[1..] : text;
        for (int i = Text.IndexOf('\n', StringComparison.Ordinal); i >= 0; i = Text.IndexOf('\n', i + 1))
        {
            _starts.Add(i + 1);
        }

        // A line break at the very end begins no further line.
        if (_starts.Count > 1 && _starts[^1] == Text.Length)
        {
            _starts.RemoveAt(_starts.Count - 1);
        }
    }

    internal string Name { get; }

    /// <summary>Without a byte order mark.</summary>
    internal string Text { get; }

    internal int LineCount => _starts.Count;

    /// <summary>Decodes UTF-8. Other bytes become U+FFFD, and the lines that hold some are <see cref="IsDamaged"/>.</summary>
    /// <exception cref="EngineException">DockerfileTooLarge; InvalidDockerfile for a zero byte.</exception>
    internal static SourceText FromBytes(string name, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
        {
            throw TooLarge(name);
        }

        SourceText source = new(name, Encoding.UTF8.GetString(bytes));
        if (!System.Text.Unicode.Utf8.IsValid(bytes))
        {
            // Line by line, so that a person's name in Latin-1 in one line does not condemn the others.
            int line = 1;
            while (!bytes.IsEmpty)
            {
                int end = bytes.IndexOf((byte)'\n');
                if (!System.Text.Unicode.Utf8.IsValid(end < 0 ? bytes : bytes[..end]))
                {
                    source._damaged.Add(line);
                }

                bytes = end < 0 ? [] : bytes[(end + 1)..];
                line++;
            }
        }

        return source;
    }

    internal static EngineException TooLarge(string name) => new(
        EngineErrorKind.LimitsExceeded, "DockerfileTooLarge", $"'{name}' is larger than {MaxBytes >> 20} MiB.", name,
        "Give the path of a Dockerfile; copy large content from the build context instead of writing it down there.");

    /// <summary>Whether the line held bytes that are no UTF-8.</summary>
    internal bool IsDamaged(int line) => _damaged.Contains(line);

    /// <summary>A line from 1, with its line break.</summary>
    internal ReadOnlySpan<char> LineWithBreak(int line)
    {
        int start = _starts[line - 1];
        int end = line < _starts.Count ? _starts[line] : Text.Length;
        return Text.AsSpan(start, end - start);
    }

    /// <summary>A line from 1, without its line break.</summary>
    internal ReadOnlySpan<char> Line(int line) => LineWithBreak(line).TrimEnd("\r\n");

    /// <summary>The offset in <see cref="Text"/> at which a line begins.</summary>
    internal int Start(int line) => _starts[line - 1];

    /// <summary>A whole line, blanks at its ends left out.</summary>
    internal SourceRange RangeOfLine(int line)
    {
        ReadOnlySpan<char> text = Line(line);
        int first = text.Length - text.TrimStart().Length;
        return new SourceRange(this, line, first + 1, line, Math.Max(first, text.TrimEnd().Length) + 1);
    }

    /// <summary>A failure that shows the place: file:line:column, the line, and carets under the range.</summary>
    internal static EngineException Error(
        SourceRange range, string errorId, string message, string? action = null, EngineErrorKind kind = EngineErrorKind.InvalidData, Exception? inner = null) =>
        new(kind, errorId, $"{range}: {Printable(message)}\n{Quote(range)}", FilePlace.Of(range, message), action, inner);

    /// <summary>What a file holds is not sent to a terminal as it is.</summary>
    internal static string Printable(string text) => !text.AsSpan().ContainsAnyInRange('\0', '\x1F') && !text.AsSpan().ContainsAnyInRange('\x7F', '\x9F')
        ? text
        : string.Concat(text.Select(c => char.IsControl(c) ? $"\\x{(int)c:X2}" : c.ToString()));

    /// <summary>The failure that most parse errors are.</summary>
    internal static EngineException Invalid(SourceRange range, string message, string? action = null) =>
        Error(range, "InvalidDockerfile", message, action);

    /// <summary>
    /// The line with a line of carets under the range, of ranges over several lines under the first one's part. Long lines are cut around
    /// the range, tabs and control characters are shown as blanks.
    /// </summary>
    internal static string Quote(SourceRange range)
    {
        ReadOnlySpan<char> line = range.Source.Line(range.FirstLine);
        int first = Math.Clamp(range.FirstColumn - 1, 0, line.Length);
        int last = range.LastLine == range.FirstLine ? Math.Clamp(range.LastColumn - 1, first, line.Length) : line.TrimEnd().Length;
        last = Math.Max(last, first + 1);

        int from = first > MaxQuoted / 2 && line.Length > MaxQuoted ? first - (MaxQuoted / 4) : 0;
        int to = Math.Min(line.Length, from + MaxQuoted);
        string number = range.FirstLine.ToString(CultureInfo.InvariantCulture).PadLeft(4);
        StringBuilder text = new();
        text.Append(number).Append(" | ").Append(from > 0 ? "..." : "");
        foreach (char c in line[from..to])
        {
            text.Append(char.IsControl(c) ? ' ' : c);
        }

        text.Append(to < line.Length ? "...\n" : "\n").Append("     | ").Append(' ', first - from + (from > 0 ? 3 : 0));
        return text.Append('^').Append('~', Math.Max(0, Math.Min(last, to) - first - 1)).ToString();
    }
}
