using System.Text;

namespace Containers.Engine.Images;

/// <summary>
/// The words of an instruction: separated by blanks, quoted with " or ', escaped with \, with $NAME and ${NAME} replaced from the image's own
/// variables (never from the session's). Single quotes keep everything as it is.
/// </summary>
internal sealed class ChangeWords(string text, string instruction, IReadOnlyList<string> environment)
{
    /// <summary>All words.</summary>
    internal IReadOnlyList<string> All() => Split(text);

    /// <summary>The value of an instruction that takes one.</summary>
    internal string One() => All() is [string only] && only.Length > 0 ? only : throw ConfigChange.Invalid(instruction, "it takes one value");

    /// <summary>NAME=value words; or, as Dockerfiles of old wrote it, one name and the rest of the line.</summary>
    internal IReadOnlyList<(string Name, string Value)> Pairs()
    {
        int blank = text.AsSpan().IndexOfAny(' ', '\t');
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0 || (blank >= 0 && blank < equals && !text.AsSpan(0, blank).ContainsAny('"', '\'')))
        {
            if (blank <= 0)
            {
                throw ConfigChange.Invalid(instruction, "it is written NAME=value");
            }

            return [(text[..blank], string.Concat(Split(text[blank..].Trim(), splits: false)))];
        }

        List<(string, string)> pairs = [];
        foreach (string word in All())
        {
            int end = word.IndexOf('=', StringComparison.Ordinal);
            pairs.Add(end > 0 ? (word[..end], word[(end + 1)..]) : throw ConfigChange.Invalid(instruction, "it is written NAME=value"));
        }

        return pairs;
    }

    private List<string> Split(string line, bool splits = true)
    {
        List<string> words = [];
        StringBuilder word = new();
        bool any = false;
        char quote = '\0';
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (quote == '\0' && splits && (c is ' ' or '\t'))
            {
                if (any)
                {
                    words.Add(word.ToString());
                    word.Clear();
                    any = false;
                }

                continue;
            }

            any = true;
            if (c == quote && quote != '\0')
            {
                quote = '\0';
            }
            else if (quote == '\0' && (c is '"' or '\''))
            {
                quote = c;
            }
            else if (c == '\\' && quote != '\'' && i + 1 < line.Length)
            {
                i++;
                word.Append(quote == '"' && line[i] is not ('"' or '\\' or '$') ? "\\" : "").Append(line[i]);
            }
            else if (c == '$' && quote != '\'' && i + 1 < line.Length)
            {
                i = Expand(line, i, word);
            }
            else
            {
                word.Append(c);
            }
        }

        if (quote != '\0')
        {
            throw ConfigChange.Invalid(instruction, "a quote is not closed");
        }

        if (any)
        {
            words.Add(word.ToString());
        }

        return words;
    }

    /// <returns>The index of the last character that was used.</returns>
    private int Expand(string line, int dollar, StringBuilder word)
    {
        bool braced = line[dollar + 1] == '{';
        int start = dollar + (braced ? 2 : 1);
        int end = start;
        while (end < line.Length && (char.IsAsciiLetterOrDigit(line[end]) || line[end] == '_'))
        {
            end++;
        }

        if (braced && (end == start || end >= line.Length || line[end] != '}'))
        {
            throw ConfigChange.Invalid(instruction, "of variables only $NAME and ${NAME} are understood");
        }

        if (end == start)
        {
            word.Append('$');
            return dollar;
        }

        string name = line[start..end] + "=";
        word.Append(environment.FirstOrDefault(one => one.StartsWith(name, StringComparison.Ordinal))?[name.Length..]);
        return braced ? end : end - 1;
    }
}
