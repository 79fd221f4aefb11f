namespace Containers.Engine.Building.Syntax;

/// <summary>
/// Walks over the lines of a Dockerfile: joins what is continued, keeps comments for the instruction below, reads the directives at the
/// beginning. The rules are those of moby/buildkit frontend/dockerfile/parser.
/// </summary>
internal sealed class LogicalLineReader(SourceText source)
{
    private readonly DirectiveReader _directives = new(source);
    private readonly List<string> _comments = [];
    private int _line;

    /// <summary>What the directives said that have been passed.</summary>
    internal ParserDirectives Directives => _directives.Result;

    /// <summary>Lines that have been read.</summary>
    internal int Position => _line;

    /// <summary>The next instruction; null at the end.</summary>
    /// <exception cref="EngineException">A directive is wrong.</exception>
    internal LogicalLine? Next()
    {
        while (_line < source.LineCount)
        {
            ReadOnlySpan<char> line = source.Line(++_line);
            ReadOnlySpan<char> text = line.TrimStart();
            bool isDirective = _directives.TryRead(_line, text);
            if (text.StartsWith('#'))
            {
                ReadOnlySpan<char> comment = text[1..].Trim();
                if (comment.IsEmpty)
                {
                    _comments.Clear();
                }
                else if (!isDirective)
                {
                    _comments.Add(comment.ToString());
                }

                continue;
            }

            bool continues = TrimContinuation(ref text);
            if (text.IsEmpty && !continues)
            {
                _comments.Clear();
                continue;
            }

            LogicalLine logical = new(source, _line) { Comments = _comments.Count == 0 ? [] : [.. _comments] };
            _comments.Clear();
            logical.Append(text, _line, line.Length - line.TrimStart().Length + 1);
            while (continues && _line < source.LineCount)
            {
                line = source.Line(++_line);
                if (line.TrimStart().StartsWith('#'))
                {
                    continue;
                }

                if (line.IsWhiteSpace())
                {
                    logical.EmptyLines.Add(_line);
                    continue;
                }

                continues = TrimContinuation(ref line);
                logical.Append(line, _line, 1);
            }

            return logical;
        }

        return null;
    }

    /// <summary>The lines after the current one up to a heredoc's end.</summary>
    /// <exception cref="EngineException">It has no end.</exception>
    internal Heredoc ReadHeredoc(HeredocParser.Start start, SourceRange instruction)
    {
        int first = _line + 1;
        while (_line < source.LineCount)
        {
            ReadOnlySpan<char> line = source.Line(++_line);
            if (MemoryExtensions.Equals(start.StripTabs ? line.TrimStart('\t') : line, start.Name, StringComparison.Ordinal))
            {
                int begin = source.Start(first);
                return new Heredoc(
                    start.Name, source.Text[begin..source.Start(_line)], start.Expands, start.StripTabs,
                    new SourceRange(source, first, 1, _line, line.Length + 1));
            }
        }

        throw SourceText.Invalid(
            instruction, $"the heredoc has no end: no line is '{start.Name}' alone",
            $"Write {start.Name} on a line of its own after the content{(start.StripTabs ? "" : ", without anything in front of it")}.");
    }

    /// <summary>
    /// Cuts the escape character off that stands last, blanks after it left out. One that is escaped itself continues nothing.
    /// </summary>
    private bool TrimContinuation(ref ReadOnlySpan<char> line)
    {
        ReadOnlySpan<char> trimmed = line.TrimEnd(" \t");
        char escape = Directives.Escape;
        if (!trimmed.EndsWith(escape) || (trimmed.Length > 1 && trimmed[^2] == escape))
        {
            return false;
        }

        line = trimmed[..^1];
        return true;
    }
}
