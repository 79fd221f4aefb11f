using System.Text;

namespace Containers.Engine.Building.Syntax;

/// <summary>
/// An instruction's line taken apart: the keyword, the flags, the rest. The rest is then split in one of the ways that moby/buildkit
/// (frontend/dockerfile/parser) has for the different instructions.
/// </summary>
internal sealed class InstructionLine
{
    private readonly LogicalLine _line;
    private readonly string _text;
    private readonly char _escape;

    private InstructionLine(LogicalLine line, char escape, int start)
    {
        _line = line;
        _text = line.Text;
        _escape = escape;
        int end = _text.AsSpan().TrimEnd().Length;
        while (start < end && char.IsWhiteSpace(_text[start]))
        {
            start++;
        }

        Start = start;
        int keyword = start;
        while (keyword < end && !IsBlank(_text[keyword]))
        {
            keyword++;
        }

        Keyword = Word(start, keyword);
        int rest = keyword;
        while (rest < end && IsBlank(_text[rest]))
        {
            rest++;
        }

        List<Word> flags = [];
        (RestStart, RestEnd) = Trim(ReadFlags(rest, end, flags), end);
        Flags = new InstructionFlags(Keyword.Text.ToUpperInvariant(), flags);
    }

    internal static InstructionLine From(LogicalLine line, char escape) => new(line, escape, 0);

    /// <summary>Where the instruction begins in the line.</summary>
    internal int Start { get; }

    internal Word Keyword { get; }

    internal InstructionFlags Flags { get; }

    internal int RestStart { get; }

    internal int RestEnd { get; }

    internal bool IsEmpty => RestStart >= RestEnd;

    internal string Rest => _text[RestStart..RestEnd];

    /// <summary>The whole instruction as one line.</summary>
    internal string Text => _text[Start..].TrimEnd();

    internal SourceRange Range => _line.Range(Start, Math.Max(Start, _text.AsSpan().TrimEnd().Length));

    internal SourceRange RestRange => _line.Range(RestStart, RestEnd);

    internal LogicalLine Line => _line;

    /// <summary>The instruction inside of ONBUILD.</summary>
    internal InstructionLine Inner() => new(_line, _escape, RestStart);

    /// <summary>Everything as one word.</summary>
    internal Word One() => Word(RestStart, RestEnd);

    /// <summary>Words separated by blanks; no quotes.</summary>
    internal List<Word> Blanks(int? from = null)
    {
        List<Word> words = [];
        int at = from ?? RestStart;
        while (at < RestEnd)
        {
            int start = at;
            while (at < RestEnd && !IsBlank(_text[at]))
            {
                at++;
            }

            words.Add(Word(start, at));
            while (at < RestEnd && IsBlank(_text[at]))
            {
                at++;
            }
        }

        return words;
    }

    /// <summary>Words separated by white space, where quotes and escapes keep a word together. Both stay in the word.</summary>
    internal List<Word> Quoted()
    {
        List<Word> words = [];
        StringBuilder word = new();
        int at = RestStart;
        while (at < RestEnd)
        {
            if (char.IsWhiteSpace(_text[at]))
            {
                at++;
                continue;
            }

            int start = at;
            char quote = '\0';
            bool any = false;
            word.Clear();
            for (; at < RestEnd && (quote != '\0' || !char.IsWhiteSpace(_text[at])); at++)
            {
                char c = _text[at];
                if (quote == '\0' && c is '\'' or '"')
                {
                    quote = c;
                    any = true;
                }
                else if (c == quote)
                {
                    quote = '\0';
                }
                else if (c == _escape && quote != '\'')
                {
                    if (at + 1 == RestEnd)
                    {
                        continue; // One at the very end escapes nothing.
                    }

                    word.Append(c);
                    c = _text[++at];
                }

                word.Append(c);
            }

            if (any || word.Length > 0)
            {
                words.Add(new Word(word.ToString(), _line.Range(start, at)));
            }
        }

        return words;
    }

    /// <summary>The array that the rest is, if it is one.</summary>
    /// <exception cref="EngineException">An array of something else than strings.</exception>
    internal IReadOnlyList<string>? Json(int? from = null)
    {
        int start = from ?? RestStart;
        return JsonArray.TryRead(_text.AsSpan(start, RestEnd - start), out bool mixed)
            ?? (mixed ? throw SourceText.Invalid(_line.Range(start, RestEnd), "an array may hold nothing but strings") : null);
    }

    /// <summary>A command: an array, or a text for the shell.</summary>
    internal CommandLine Command(int? from = null)
    {
        int start = from ?? RestStart;
        SourceRange range = _line.Range(start, RestEnd);
        IReadOnlyList<string>? array = Json(from);
        return array is not null
            ? new CommandLine(true, array, false, range)
            : new CommandLine(false, start >= RestEnd ? [] : [_text[start..RestEnd]], start < RestEnd && _text[start] == '[', range);
    }

    internal Word Word(int start, int end) => new(_text[start..end], _line.Range(start, end));

    internal EngineException Invalid(string message, string? action = null) => SourceText.Invalid(IsEmpty ? Range : RestRange, message, action);

    private static bool IsBlank(char c) => c is ' ' or '\t' or '\v' or '\f' or '\r';

    private (int Start, int End) Trim(int start, int end)
    {
        while (start < end && char.IsWhiteSpace(_text[start]))
        {
            start++;
        }

        return (start, end);
    }

    /// <returns>Where the arguments begin.</returns>
    private int ReadFlags(int at, int end, List<Word> flags)
    {
        StringBuilder word = new();
        while (true)
        {
            while (at < end && char.IsWhiteSpace(_text[at]))
            {
                at++;
            }

            if (at + 1 >= end || _text[at] != '-' || _text[at + 1] != '-')
            {
                return at;
            }

            int start = at;
            char quote = '\0';
            word.Clear();
            for (; at < end && (quote != '\0' || !char.IsWhiteSpace(_text[at])); at++)
            {
                char c = _text[at];
                if (quote == '\0' && c is '\'' or '"')
                {
                    quote = c;
                }
                else if (c == quote && quote != '\0')
                {
                    quote = '\0';
                }
                else if (c != _escape)
                {
                    word.Append(c);
                }
                else if (at + 1 < end)
                {
                    word.Append(_text[++at]);
                }
            }

            if (word.Length == 2)
            {
                return at; // "--" alone ends the flags.
            }

            flags.Add(new Word(word.ToString(), _line.Range(start, at)));
        }
    }
}
