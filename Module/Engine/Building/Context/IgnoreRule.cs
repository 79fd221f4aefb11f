namespace Containers.Engine.Building.Context;

/// <summary>
/// One pattern of a .dockerignore. Names between slashes are matched one by one: * is any run of characters of a name, ? is one, [a-z] and [^a-z]
/// one of a class, \ takes the meaning away; ** is any number of names, none too. Inside of a name "**" also runs over slashes.
/// </summary>
internal sealed class IgnoreRule
{
    /// <summary>A pattern times a path: steps that one match may take.</summary>
    private const int MaxSteps = 1 << 18;

    private enum Kind
    {
        Literal,
        One,
        Class,
        Run,
        Everything,
        Directories,
    }

    private sealed record Part(Kind Kind, char Char = '\0', string Class = "", bool Negated = false);

    private readonly List<Part> _parts = [];
    private readonly string _pattern;
    private readonly bool _isPlain;

    /// <summary>
    /// What follows "**" where that is all: docker compares the path's end then, so that "**x" matches "ax" too. Null for other patterns.
    /// </summary>
    private readonly string? _suffix;

    /// <summary>The names in front that hold no wildcard.</summary>
    private readonly string _plainStart;

    /// <param name="pattern">Cleaned, without a leading slash.</param>
    /// <exception cref="FormatException">It is malformed.</exception>
    internal IgnoreRule(string pattern, bool isException)
    {
        (_pattern, IsException) = (pattern, isException);
        if (pattern.StartsWith("**", StringComparison.Ordinal) && pattern.AsSpan(2).IndexOfAny("*?[]\\") < 0)
        {
            _suffix = pattern[2..];
        }

        Compile(pattern);
        _isPlain = _parts.TrueForAll(part => part.Kind == Kind.Literal);
        int meta = _parts.FindIndex(part => part.Kind != Kind.Literal);
        string start = string.Concat(_parts.Take(meta < 0 ? _parts.Count : meta).Select(part => part.Char));
        _plainStart = meta < 0 ? start : start.Contains('/', StringComparison.Ordinal) ? start[..start.LastIndexOf('/')] : "";
    }

    internal bool IsException { get; }

    public override string ToString() => (IsException ? "!" : "") + _pattern;

    internal bool MatchesPathOrParent(string path)
    {
        if (_isPlain)
        {
            // "a" matches a and everything below it; most patterns of people are like that.
            return path.StartsWith(_plainStart, StringComparison.Ordinal)
                && (path.Length == _plainStart.Length || path[_plainStart.Length] == '/');
        }

        if (!path.StartsWith(_plainStart, StringComparison.Ordinal))
        {
            return false;
        }

        int steps = 0;
        for (int end = path.IndexOf('/', StringComparison.Ordinal); end >= 0; end = path.IndexOf('/', end + 1))
        {
            if (MatchOne(path.AsSpan(0, end), ref steps))
            {
                return true;
            }
        }

        return MatchOne(path, ref steps);
    }

    private bool MatchOne(ReadOnlySpan<char> path, ref int steps) => _suffix is null
        ? Match(0, path, ref steps)
        : path.EndsWith(_suffix, StringComparison.Ordinal) || (_suffix.StartsWith('/') && path.SequenceEqual(_suffix.AsSpan(1)));

    /// <summary>Whether a path below the directory, or it itself, may match.</summary>
    internal bool MayMatchBelow(string directory) => _plainStart.Length == 0 || IsSameOrBelow(directory, _plainStart) || IsSameOrBelow(_plainStart, directory);

    private static bool IsSameOrBelow(string path, string above) => path.StartsWith(above, StringComparison.Ordinal)
        && (path.Length == above.Length || path[above.Length] == '/');

    private void Compile(string pattern)
    {
        int at = 0;
        while (at < pattern.Length)
        {
            char c = pattern[at++];
            switch (c)
            {
                case '*' when at < pattern.Length && pattern[at] == '*':
                    at++;
                    if (at < pattern.Length && pattern[at] == '/')
                    {
                        at++;
                    }

                    _parts.Add(new Part(at == pattern.Length ? Kind.Everything : Kind.Directories));
                    break;
                case '*':
                    _parts.Add(new Part(Kind.Run));
                    break;
                case '?':
                    _parts.Add(new Part(Kind.One));
                    break;
                case '[':
                    _parts.Add(ReadClass(pattern, ref at));
                    break;
                case '\\':
                    _parts.Add(new Part(Kind.Literal, at < pattern.Length ? pattern[at++] : throw new FormatException("the pattern ends with a backslash")));
                    break;
                default:
                    _parts.Add(new Part(Kind.Literal, c));
                    break;
            }
        }
    }

    /// <summary>Pairs of lowest and highest character.</summary>
    private static Part ReadClass(string pattern, ref int at)
    {
        bool negated = at < pattern.Length && pattern[at] == '^';
        at += negated ? 1 : 0;
        System.Text.StringBuilder ranges = new();
        while (true)
        {
            if (at < pattern.Length && pattern[at] == ']' && ranges.Length > 0)
            {
                at++;
                return new Part(Kind.Class, Class: ranges.ToString(), Negated: negated);
            }

            char low = Character(pattern, ref at);
            char high = low;
            if (at < pattern.Length && pattern[at] == '-')
            {
                at++;
                high = Character(pattern, ref at);
            }

            ranges.Append(low).Append(high);
        }

        static char Character(string pattern, ref int at)
        {
            if (at >= pattern.Length || pattern[at] is '-' or ']')
            {
                throw new FormatException("the class in brackets is malformed");
            }

            if (pattern[at] == '\\')
            {
                at++;
            }

            return at < pattern.Length ? pattern[at++] : throw new FormatException("the class in brackets is malformed");
        }
    }

    private bool Match(int part, ReadOnlySpan<char> path, ref int steps)
    {
        for (; part < _parts.Count; part++)
        {
            if (++steps > MaxSteps)
            {
                throw new EngineException(
                    EngineErrorKind.LimitsExceeded, "InvalidIgnoreFile", $"The pattern '{_pattern}' of the ignore file is too much work.", _pattern,
                    "Use fewer wildcards.");
            }

            Part now = _parts[part];
            switch (now.Kind)
            {
                case Kind.Everything:
                    return true;
                case Kind.Run:
                    return MatchRun(part + 1, path, ref steps);
                case Kind.Directories:
                    if (Match(part + 1, path, ref steps))
                    {
                        return true;
                    }

                    for (int i = path.IndexOf('/'), from = 0; i >= 0; from += i + 1, i = path[from..].IndexOf('/'))
                    {
                        if (Match(part + 1, path[(from + i + 1)..], ref steps))
                        {
                            return true;
                        }
                    }

                    return false;
                default:
                    if (path.IsEmpty || !Fits(now, path[0]))
                    {
                        return false;
                    }

                    path = path[1..];
                    break;
            }
        }

        return path.IsEmpty;
    }

    private bool MatchRun(int part, ReadOnlySpan<char> path, ref int steps)
    {
        for (int i = 0; ; i++)
        {
            if (Match(part, path[i..], ref steps))
            {
                return true;
            }

            if (i == path.Length || path[i] == '/')
            {
                return false;
            }
        }
    }

    private static bool Fits(Part part, char c)
    {
        switch (part.Kind)
        {
            case Kind.Literal:
                return part.Char == c;
            case Kind.One:
                return c != '/';
            default:
                bool found = false;
                for (int i = 0; i < part.Class.Length; i += 2)
                {
                    found |= part.Class[i] <= c && c <= part.Class[i + 1];
                }

                return found != part.Negated;
        }
    }
}
