namespace Containers.Engine.Building.Syntax;

/// <summary>Finds the words that begin a heredoc: &lt;&lt;NAME, &lt;&lt;-NAME, 3&lt;&lt;"NAME".</summary>
internal static class HeredocParser
{
    /// <summary>What such a word says; the content follows later.</summary>
    internal sealed record Start(string Name, bool Expands, bool StripTabs);

    /// <summary>All of a line, in their order.</summary>
    /// <exception cref="VariableException">A name cannot be read.</exception>
    internal static IReadOnlyList<Start> Find(string line)
    {
        if (!line.Contains("<<", StringComparison.Ordinal))
        {
            return [];
        }

        List<Start> starts = [];
        IReadOnlyList<string> words;
        try
        {
            words = new VariableLexer(line, _ => null, '\\') { KeepQuotes = true, KeepEscapes = true, KeepMissing = true }.ToWords();
        }
        catch (VariableException)
        {
            // It is the shell's line, not ours: with quotes that we do not understand it has no heredocs for us.
            return [];
        }

        foreach (string word in words)
        {
            if (TryParse(word) is { } start)
            {
                starts.Add(start);
            }
        }

        return starts;
    }

    /// <returns>Null where the word is no heredoc.</returns>
    /// <exception cref="VariableException">It is one, but its name cannot be read.</exception>
    internal static Start? TryParse(string word)
    {
        int at = 0;
        while (at < word.Length && char.IsAsciiDigit(word[at]))
        {
            at++;
        }

        if (!word.AsSpan(at).StartsWith("<<"))
        {
            return null;
        }

        at += 2;
        bool strip = at < word.Length && word[at] == '-';
        string rest = word[(at + (strip ? 1 : 0))..].TrimStart('\t', '\n', '\v', '\f', '\r', ' ');
        if (rest.Length == 0 || rest.Contains('<', StringComparison.Ordinal))
        {
            return null;
        }

        // Read with and without its quotes: where that makes a difference, some of it is quoted, and the content is taken literally.
        IReadOnlyList<string> plain = new VariableLexer(rest, _ => null, '\\') { KeepMissing = true }.ToWords();
        if (plain.Count != 1)
        {
            return null;
        }

        IReadOnlyList<string> quoted = new VariableLexer(rest, _ => null, '\\') { KeepMissing = true, KeepQuotes = true }.ToWords();
        return new Start(plain[0], Quotes(plain[0]) == Quotes(string.Concat(quoted)), strip);
    }

    private static int Quotes(string text) => text.Count(c => c is '\'' or '"');
}
