using System.Text;

namespace Containers.Engine.Building.Syntax;

/// <summary>
/// The shell-like words of a Dockerfile: quotes, escapes, $v, ${v} and the forms ${v:-d} ${v-d} ${v:+a} ${v+a} ${v:?e} ${v?e} ${v#p}
/// ${v##p} ${v%p} ${v%%p} ${v/p/r} ${v//p/r}, as moby/buildkit frontend/dockerfile/shell defines them. Not a shell: there is no command
/// substitution and no arithmetic.
/// </summary>
/// <param name="find">The value of a name; null where it is not set.</param>
internal sealed class VariableLexer(string source, Func<string, string?> find, char escape)
{
    /// <summary>Deeper nesting than a person can read, far from the end of the stack.</summary>
    private const int MaxDepth = 64;

    /// <summary>UTF-16 units that a word may grow to: variables made of variables double with each line.</summary>
    internal const int MaxLength = 4 << 20;

    private int _next;
    private int _depth;
    private bool _keepEscapes;

    /// <summary>Quotes are taken as they stand: in the content of heredocs.</summary>
    internal bool QuotesAreContent { get; init; }

    /// <summary>Quotes work but stay in the result.</summary>
    internal bool KeepQuotes { get; init; }

    /// <summary>Escape characters work but stay in the result.</summary>
    internal bool KeepEscapes { get; init; }

    /// <summary>A name that is not set stays as it is written, instead of becoming nothing.</summary>
    internal bool KeepMissing { get; init; }

    /// <summary>What all words of a file together may cost.</summary>
    internal ExpansionBudget Budget { get; init; } = new();

    /// <summary>All of the source as one text.</summary>
    /// <exception cref="VariableException">With what is wrong.</exception>
    internal string ToText() => Read(null);

    /// <summary>The words that the source splits into.</summary>
    /// <exception cref="VariableException">With what is wrong.</exception>
    internal IReadOnlyList<string> ToWords()
    {
        WordCollector words = new();
        Read(words);
        return words.Finish();
    }

    private string Read(WordCollector? words)
    {
        _next = 0;
        _keepEscapes = KeepEscapes;
        return ReadUntil(null, words);
    }

    private string ReadUntil(char? stop, WordCollector? words = null)
    {
        if (++_depth > MaxDepth)
        {
            throw new VariableException($"variables are nested more than {MaxDepth} deep", _next);
        }

        StringBuilder result = new();
        while (_next < source.Length)
        {
            char c = source[_next];
            if (c == stop)
            {
                _next++;
                _depth--;
                return result.ToString();
            }

            switch (c)
            {
                case '$':
                    string value = ReadVariable();
                    Append(result, value);
                    words?.AddSplitting(value);
                    break;
                case '\'' or '"' when !QuotesAreContent:
                    string quoted = c == '"' ? ReadDoubleQuoted() : ReadSingleQuoted();
                    Append(result, quoted);
                    words?.AddWhole(quoted);
                    break;
                case '<':
                    string arrows = ReadArrows();
                    result.Append(arrows);
                    words?.AddWhole(arrows);
                    break;
                default:
                    _next++;
                    if (c != escape)
                    {
                        result.Append(c);
                        words?.AddSplitting(c);
                        break;
                    }

                    if (_keepEscapes)
                    {
                        result.Append(c);
                        words?.AddWhole(c);
                    }

                    if (_next < source.Length)
                    {
                        char escaped = source[_next++];
                        result.Append(escaped);
                        words?.AddWhole(escaped);
                    }

                    break;
            }
        }

        _depth--;
        return stop is null
            ? result.ToString()
            : throw new VariableException($"'{stop}' is missing", source.Length);
    }

    /// <summary>Reads with escapes kept or not, and puts the setting back.</summary>
    private string ReadUntil(char stop, bool keepEscapes)
    {
        bool before = _keepEscapes;
        _keepEscapes = keepEscapes;
        string text = ReadUntil(stop);
        _keepEscapes = before;
        return text;
    }

    private void Append(StringBuilder result, string value)
    {
        if (result.Length + value.Length > MaxLength)
        {
            throw new VariableException("the text with its variables replaced is too long", _next);
        }

        try
        {
            Budget.Spend(value.Length);
        }
        catch (FormatException e)
        {
            throw new VariableException(e.Message, _next);
        }

        result.Append(value);
    }

    private string ReadSingleQuoted()
    {
        int end = source.IndexOf('\'', _next + 1);
        if (end < 0)
        {
            throw new VariableException("the single quote is not closed", _next);
        }

        string text = KeepQuotes ? source[_next..(end + 1)] : source[(_next + 1)..end];
        _next = end + 1;
        return text;
    }

    private string ReadDoubleQuoted()
    {
        int start = _next++;
        StringBuilder result = new(KeepQuotes ? "\"" : "");
        while (_next < source.Length)
        {
            char c = source[_next];
            if (c == '"')
            {
                _next++;
                return result.Append(KeepQuotes ? "\"" : "").ToString();
            }

            if (c == '$')
            {
                Append(result, ReadVariable());
                continue;
            }

            _next++;
            if (c == escape)
            {
                if (_keepEscapes)
                {
                    result.Append(c);
                }

                if (_next == source.Length)
                {
                    break;
                }

                // Inside double quotes only these can be escaped; before anything else the escape character is itself.
                if (source[_next] == '"' || source[_next] == '$' || source[_next] == escape)
                {
                    c = source[_next++];
                }
            }

            result.Append(c);
        }

        throw new VariableException("the double quote is not closed", start);
    }

    /// <summary>"&lt;&lt;" takes the blanks after it along, so that a heredoc's name is one word with it.</summary>
    private string ReadArrows()
    {
        int start = _next++;
        if (_next < source.Length && source[_next] == '<')
        {
            _next++;
            while (_next < source.Length && source[_next] is ' ' or '\t' or '\r')
            {
                _next++;
            }
        }

        return source[start.._next];
    }

    private string ReadVariable()
    {
        int start = _next++;
        if (_next >= source.Length || source[_next] != '{')
        {
            string simple = ReadName();
            return simple.Length == 0 ? "$" : find(simple) ?? (KeepMissing ? "$" + simple : "");
        }

        _next++;
        if (_next >= source.Length)
        {
            throw new VariableException("'}' is missing", start);
        }

        if (source[_next] is '{' or '}' or ':')
        {
            throw new VariableException("there is no name in this substitution", start);
        }

        string name = ReadName();
        char c = _next < source.Length ? source[_next++] : '\0';
        switch (c)
        {
            case '}':
                return find(name) ?? (KeepMissing ? $"${{{name}}}" : "");
            case '/':
                return Replace(name, start);
            case ':' or '+' or '-' or '?' or '#' or '%':
                bool emptyIsUnset = c == ':';
                if (emptyIsUnset)
                {
                    c = _next < source.Length ? source[_next++] : '\0';
                }

                return Choose(name, c, emptyIsUnset, start);
            case '\0':
                throw new VariableException("'}' is missing", start);
            default:
                throw new VariableException($"'{c}' is no operator of a substitution", _next - 1);
        }
    }

    private string Choose(string name, char kind, bool emptyIsUnset, int start)
    {
        if (kind is not ('-' or '+' or '?' or '#' or '%') || (emptyIsUnset && kind is '#' or '%'))
        {
            throw kind == '\0'
                ? new VariableException("'}' is missing", start)
                : new VariableException($"'{(emptyIsUnset ? ":" : "")}{kind}' is no operator of a substitution", _next - 1);
        }

        string word = ReadUntil('}', keepEscapes: kind is '#' or '%');
        string? value = find(name);
        if (value is null && KeepMissing)
        {
            return $"${{{name}{(emptyIsUnset ? ":" : "")}{kind}{word}}}";
        }

        bool isUnset = value is null || (emptyIsUnset && value.Length == 0);
        switch (kind)
        {
            case '-':
                return isUnset ? word : value!;
            case '+':
                return isUnset ? "" : word;
            case '?':
                return !isUnset ? value! : throw new VariableException(
                    word.Length > 0 ? $"{name}: {word}" : $"the variable {name} must {(value is null ? "be set" : "not be empty")}", start, isRequired: true);
            default:
                bool longest = word.Length > 0 && word[0] == kind;
                return Cut(longest ? word[1..] : word, start, pattern => kind == '#'
                    ? pattern.WithoutPrefix(value ?? "", longest)
                    : pattern.WithoutSuffix(value ?? "", longest));
        }
    }

    private string Replace(string name, int start)
    {
        bool all = _next < source.Length && source[_next] == '/';
        if (all)
        {
            _next++;
        }

        string pattern = ReadUntil('/', keepEscapes: true);
        string replacement = ReadUntil('}', keepEscapes: true);
        string? value = find(name);
        return value is null && KeepMissing
            ? $"${{{name}/{pattern}/{replacement}}}"
            : Cut(pattern, start, one => one.Replace(value ?? "", replacement, all));
    }

    /// <summary>What is wrong with a pattern becomes what is wrong with the word.</summary>
    private string Cut(string text, int position, Func<ShellPattern, string> how)
    {
        try
        {
            return how(new ShellPattern(text, Budget));
        }
        catch (FormatException e)
        {
            throw new VariableException(e.Message, position);
        }
    }

    /// <summary>Letters, digits and "_"; or only digits; or one of the shell's special names, which are never set.</summary>
    private string ReadName()
    {
        int start = _next;
        if (_next < source.Length && char.IsDigit(source[_next]))
        {
            while (_next < source.Length && char.IsDigit(source[_next]))
            {
                _next++;
            }
        }
        else if (_next < source.Length && source[_next] is '@' or '*' or '#' or '?' or '-' or '$' or '!')
        {
            _next++;
        }
        else
        {
            while (_next < source.Length && (char.IsLetterOrDigit(source[_next]) || source[_next] == '_'))
            {
                _next++;
            }
        }

        return source[start.._next];
    }

    /// <summary>Splits at blanks as the text comes.</summary>
    private sealed class WordCollector
    {
        private readonly List<string> _words = [];
        private readonly StringBuilder _word = new();

        internal void AddSplitting(char c)
        {
            if (!char.IsWhiteSpace(c))
            {
                _word.Append(c);
            }
            else if (_word.Length > 0)
            {
                _words.Add(_word.ToString());
                _word.Clear();
            }
        }

        internal void AddSplitting(string text)
        {
            foreach (char c in text)
            {
                AddSplitting(c);
            }
        }

        internal void AddWhole(char c) => _word.Append(c);

        internal void AddWhole(string text) => _word.Append(text);

        internal List<string> Finish()
        {
            if (_word.Length > 0)
            {
                _words.Add(_word.ToString());
                _word.Clear();
            }

            return _words;
        }
    }
}
