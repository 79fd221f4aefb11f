using System.Text;

namespace Containers.Engine.Building.Syntax;

/// <summary>
/// An instruction as one text, its continued lines joined, together with where each part of it stands.
/// </summary>
internal sealed class LogicalLine(SourceText source, int firstLine)
{
    private readonly StringBuilder _building = new();
    private readonly List<(int Offset, int Line, int Column)> _pieces = [];
    private string? _text;

    internal SourceText Source { get; } = source;

    internal string Text => _text ??= _building.ToString();

    internal int FirstLine { get; } = firstLine;

    internal int LastLine { get; private set; } = firstLine;

    internal IReadOnlyList<string> Comments { get; init; } = [];

    internal List<int> EmptyLines { get; } = [];

    /// <param name="line">Where the piece stands, from 1.</param>
    /// <param name="column">Where it begins there, from 1.</param>
    internal void Append(ReadOnlySpan<char> piece, int line, int column)
    {
        _pieces.Add((_building.Length, line, column));
        _building.Append(piece);
        LastLine = line;
    }

    /// <summary>The place of a part of the text.</summary>
    internal SourceRange Range(int start, int end)
    {
        (int firstLine, int firstColumn) = Place(start, isEnd: false);
        (int lastLine, int lastColumn) = end > start ? Place(end, isEnd: true) : (firstLine, firstColumn);
        return new SourceRange(Source, firstLine, firstColumn, lastLine, lastColumn);
    }

    /// <summary>The whole of it, blanks at the ends left out.</summary>
    internal SourceRange Whole()
    {
        int start = Text.Length - Text.AsSpan().TrimStart().Length;
        return Range(start, Math.Max(start, Text.AsSpan().TrimEnd().Length));
    }

    private (int Line, int Column) Place(int offset, bool isEnd)
    {
        // An end belongs to the piece of the character before it.
        int wanted = isEnd ? offset - 1 : offset;
        int low = 0;
        int high = _pieces.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            (low, high) = _pieces[middle].Offset <= wanted ? (middle, high) : (low, middle - 1);
        }

        (int start, int line, int column) = _pieces[low];
        return (line, column + offset - start);
    }
}
