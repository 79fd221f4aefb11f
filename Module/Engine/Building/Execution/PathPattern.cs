namespace Containers.Engine.Building.Execution;

/// <summary>
/// Patterns of COPY and ADD sources, one path component at a time: the rules of Go's path/filepath.Match, which docker's reference names. "*" and
/// "?" match within a component, "[a-z]" and "[^a]" one character, a backslash takes the meaning from the next character.
/// </summary>
internal static class PathPattern
{
    /// <summary>Whether a component means more than itself.</summary>
    internal static bool HasMeta(string component) => component.AsSpan().IndexOfAny("*?[\\") >= 0;

    /// <exception cref="FormatException">The pattern ends in the middle of a class or after a backslash.</exception>
    internal static bool Match(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        while (!pattern.IsEmpty)
        {
            switch (pattern[0])
            {
                case '*':
                    return MatchRest(pattern.TrimStart('*'), name);
                case '?':
                    if (name.IsEmpty)
                    {
                        Check(pattern);
                        return false;
                    }

                    pattern = pattern[1..];
                    name = name[1..];
                    break;
                case '[':
                    if (name.IsEmpty)
                    {
                        Check(pattern);
                        return false;
                    }

                    bool matches = MatchClass(ref pattern, name[0]);
                    if (!matches)
                    {
                        Check(pattern);
                        return false;
                    }

                    name = name[1..];
                    break;
                default:
                    char wanted = Literal(ref pattern);
                    if (name.IsEmpty || name[0] != wanted)
                    {
                        Check(pattern);
                        return false;
                    }

                    name = name[1..];
                    break;
            }
        }

        return name.IsEmpty;
    }

    private static bool MatchRest(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        if (pattern.IsEmpty)
        {
            return true;
        }

        for (int i = 0; i <= name.Length; i++)
        {
            if (Match(pattern, name[i..]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A malformed pattern is an error whatever the names are.</summary>
    private static void Check(ReadOnlySpan<char> pattern)
    {
        while (!pattern.IsEmpty)
        {
            if (pattern[0] == '[')
            {
                _ = MatchClass(ref pattern, '\0');
            }
            else
            {
                _ = Literal(ref pattern);
            }
        }
    }

    private static bool MatchClass(ref ReadOnlySpan<char> pattern, char c)
    {
        pattern = pattern[1..];
        bool negated = pattern is ['^', ..];
        pattern = negated ? pattern[1..] : pattern;
        bool found = false;
        bool any = false;
        while (pattern is not [']', ..] || !any)
        {
            char low = ClassCharacter(ref pattern);
            char high = low;
            if (pattern is ['-', ..])
            {
                pattern = pattern[1..];
                high = ClassCharacter(ref pattern);
            }

            any = true;
            found |= low <= c && c <= high;
        }

        pattern = pattern[1..];
        return found != negated;
    }

    private static char ClassCharacter(ref ReadOnlySpan<char> pattern) => pattern.IsEmpty || pattern[0] is '-' or ']'
        ? throw new FormatException("the class in brackets is malformed")
        : Literal(ref pattern);

    private static char Literal(ref ReadOnlySpan<char> pattern)
    {
        if (pattern[0] == '\\')
        {
            pattern = pattern[1..];
            if (pattern.IsEmpty)
            {
                throw new FormatException("it ends with a backslash");
            }
        }

        char c = pattern[0];
        pattern = pattern[1..];
        return c;
    }
}
