namespace Containers.Engine.Building.Syntax;

/// <summary>"; did you mean X?" for a word that is nearly another.</summary>
internal static class Suggestion
{
    /// <summary>The end of a message; empty where nothing is near.</summary>
    internal static string For(string word, IEnumerable<string> words) => Nearest(word, words) is { } near ? $"; did you mean {near}?" : "";

    /// <summary>The one word that needs the fewest changes, at most three and fewer than half of the letters.</summary>
    internal static string? Nearest(string word, IEnumerable<string> words)
    {
        string? best = null;
        int least = int.MaxValue;
        if (word.Length is > 0 and <= 64)
        {
            foreach (string one in words.Order(StringComparer.Ordinal))
            {
                int distance = Math.Abs(one.Length - word.Length) > 3 ? int.MaxValue : Distance(word.ToUpperInvariant(), one.ToUpperInvariant());
                if (distance <= 3 && distance * 2 < Math.Max(word.Length, one.Length) && distance < least)
                {
                    (best, least) = (one, distance);
                }
            }
        }

        return best;
    }

    /// <summary>Letters to put in, take out, change or swap with their neighbour.</summary>
    private static int Distance(string a, string b)
    {
        int[,] table = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    table[i, j] = i + j;
                    continue;
                }

                int cost = a[i - 1] == b[j - 1] ? 0 : 1;
                table[i, j] = Math.Min(Math.Min(table[i - 1, j] + 1, table[i, j - 1] + 1), table[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    table[i, j] = Math.Min(table[i, j], table[i - 2, j - 2] + 1);
                }
            }
        }

        return table[a.Length, b.Length];
    }
}
