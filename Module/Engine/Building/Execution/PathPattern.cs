namespace Containers.Engine.Building.Execution;

/// <summary>
/// Patterns of COPY and ADD sources, one path component at a time: the rules of Go's path/filepath.Match, which docker's reference names. "*" and
/// "?" match within a component, "[a-z]" and "[^a]" one character, a backslash takes the meaning from the next character.
/// </summary>
internal static class PathPattern
{
    /// <summary>Whether a component means more than itself.</summary>
    internal static bool HasMeta(string component) => component.AsSpan().IndexOfAny("*?[\\") >= 0;

    /// <summary>Whether a text may match several names: one whose special characters are all escaped is a name as any other.</summary>
    internal static bool IsWildcard(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] is '*' or '?' or '[')
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a name matches, in at most as many steps as the pattern's length times the name's.</summary>
    /// <exception cref="FormatException">The pattern ends in the middle of a class or after a backslash.</exception>
    internal static bool Match(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        Check(pattern);
        ReadOnlySpan<char> afterStar = default;
        ReadOnlySpan<char> untaken = default;
        bool starred = false;
        while (!pattern.IsEmpty || !name.IsEmpty)
        {
            if (pattern is ['*', ..])
            {
                pattern = pattern.TrimStart('*');
                starred = true;
                afterStar = pattern;
                untaken = name;
            }
            else if (!pattern.IsEmpty && !name.IsEmpty && MatchOne(ref pattern, name[0]))
            {
                name = name[1..];
            }
            else if (starred && !untaken.IsEmpty)
            {
                // The last star takes one character more. An earlier one never has to: whatever it left, this one could take.
                untaken = untaken[1..];
                pattern = afterStar;
                name = untaken;
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    private static bool MatchOne(ref ReadOnlySpan<char> pattern, char c)
    {
        switch (pattern[0])
        {
            case '?':
                pattern = pattern[1..];
                return true;
            case '[':
                return MatchClass(ref pattern, c);
            default:
                return Literal(ref pattern) == c;
        }
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
