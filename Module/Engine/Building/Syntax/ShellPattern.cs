using System.Collections;
using System.Globalization;
using System.Text;

namespace Containers.Engine.Building.Syntax;

/// <summary>
/// A pattern of ${v#p} and its relatives: * is any run of characters, ? is one, \ takes the meaning away. Neither * nor ? matches a line
/// break, and there are no brackets, as in moby/buildkit.
/// </summary>
internal sealed class ShellPattern
{
    /// <summary>Pattern times value: a table of so many bits says what can match where, so that no pattern takes for ever.</summary>
    private const long MaxCells = 16 << 20;

    private enum Kind
    {
        Literal,
        One,
        Many,
    }

    private readonly List<(Kind Kind, Rune Rune)> _parts = [];
    private readonly ExpansionBudget _budget;

    /// <exception cref="FormatException">A backslash before something that needs none. The other members throw it for too much work.</exception>
    internal ShellPattern(string text, ExpansionBudget budget)
    {
        _budget = budget;
        bool escaped = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (escaped)
            {
                // Inside ${} a brace and a slash are escaped for the sake of the braces, not of the pattern.
                if (rune.Value is not ('*' or '?' or '\\' or '}' or '/'))
                {
                    throw new FormatException($"'\\{rune}' is no escape of a pattern");
                }

                _parts.Add((Kind.Literal, rune));
                escaped = false;
            }
            else if (rune.Value == '\\')
            {
                escaped = true;
            }
            else
            {
                _parts.Add((rune.Value switch { '*' => Kind.Many, '?' => Kind.One, _ => Kind.Literal }, rune));
            }
        }

        if (escaped)
        {
            throw new FormatException("the pattern ends with an escape character");
        }
    }

    /// <summary>The value without what matches at its beginning: the least of it, or the most.</summary>
    internal string WithoutPrefix(string value, bool longest)
    {
        Rune[] runes = [.. value.EnumerateRunes()];
        int end = new Table(_parts, runes, _budget).Match(0, longest);
        return end < 0 ? value : Text(runes.AsSpan(end));
    }

    /// <summary>The value without what matches at its end.</summary>
    internal string WithoutSuffix(string value, bool longest)
    {
        // The last match is the first one of everything read backwards.
        Rune[] runes = [.. value.EnumerateRunes()];
        Array.Reverse(runes);
        List<(Kind, Rune)> reversed = [.. _parts];
        reversed.Reverse();
        int end = new Table(reversed, runes, _budget).Match(0, longest);
        if (end < 0)
        {
            return value;
        }

        Span<Rune> rest = runes.AsSpan(end);
        rest.Reverse();
        return Text(rest);
    }

    /// <summary>The value with its first match replaced, or all of them; a match is as long as it can be.</summary>
    internal string Replace(string value, string replacement, bool all)
    {
        Rune[] runes = [.. value.EnumerateRunes()];
        Table table = new(_parts, runes, _budget);
        StringBuilder result = new();
        int done = 0;
        int at = 0;
        while (at <= runes.Length)
        {
            int end = table.Match(at, longest: true);
            if (end < 0 || (end == at && at == done && at > 0 && all))
            {
                // Nothing here, or an empty match right behind the one before.
                at++;
                continue;
            }

            result.Append(Text(runes.AsSpan(done, at - done))).Append(replacement);
            if (result.Length > VariableLexer.MaxLength)
            {
                throw new FormatException("the text with its variables replaced is too long");
            }

            done = end;
            if (!all)
            {
                break;
            }

            at = end > at ? end : at + 1;
        }

        return result.Append(Text(runes.AsSpan(done))).ToString();
    }

    private static string Text(ReadOnlySpan<Rune> runes)
    {
        StringBuilder text = new(runes.Length);
        foreach (Rune rune in runes)
        {
            text.Append(rune.ToString());
        }

        return text.ToString();
    }

    /// <summary>Which parts of a pattern can match from which place of a value on, to some end.</summary>
    private sealed class Table
    {
        private readonly IReadOnlyList<(Kind Kind, Rune Rune)> _parts;
        private readonly Rune[] _value;
        private readonly BitArray[] _can;

        internal Table(IReadOnlyList<(Kind Kind, Rune Rune)> parts, Rune[] value, ExpansionBudget budget)
        {
            if ((parts.Count + 1L) * (value.Length + 1L) > MaxCells)
            {
                throw new FormatException(string.Create(
                    CultureInfo.InvariantCulture, $"a pattern of {parts.Count} characters is too much for a value of {value.Length}"));
            }

            budget.Spend((parts.Count + 1L) * (value.Length + 1L));
            (_parts, _value) = (parts, value);
            _can = new BitArray[parts.Count + 1];
            _can[^1] = new BitArray(value.Length + 1, true);
            for (int part = parts.Count - 1; part >= 0; part--)
            {
                BitArray can = _can[part] = new BitArray(value.Length + 1);
                for (int at = value.Length; at >= 0; at--)
                {
                    can[at] = parts[part].Kind == Kind.Many
                        ? _can[part + 1][at] || (Fits(part, at) && can[at + 1])
                        : Fits(part, at) && _can[part + 1][at + 1];
                }
            }
        }

        /// <summary>The end of the match that begins exactly there; -1 for none.</summary>
        internal int Match(int start, bool longest)
        {
            if (!_can[0][start])
            {
                return -1;
            }

            int at = start;
            for (int part = 0; part < _parts.Count; part++)
            {
                if (_parts[part].Kind != Kind.Many)
                {
                    at++;
                    continue;
                }

                int found = -1;
                for (int end = at; ; end++)
                {
                    if (_can[part + 1][end])
                    {
                        found = end;
                        if (!longest)
                        {
                            break;
                        }
                    }

                    if (!Fits(part, end))
                    {
                        break;
                    }
                }

                at = found;
            }

            return at;
        }

        private bool Fits(int part, int at) => at < _value.Length
            && (_parts[part].Kind == Kind.Literal ? _value[at] == _parts[part].Rune : _value[at].Value != '\n');
    }
}
