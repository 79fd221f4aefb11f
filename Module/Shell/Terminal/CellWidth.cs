using System.Globalization;
using System.Text;

namespace Containers.Shell.Terminal;

/// <summary>Columns a text takes on a terminal: 0 for combining marks, 2 for East Asian wide characters and emoji (UAX #11).</summary>
internal static class CellWidth
{
    private static readonly (int First, int Last)[] s_wide =
    [
        (0x1100, 0x115F), (0x231A, 0x231B), (0x2329, 0x232A), (0x23E9, 0x23EC), (0x25FD, 0x25FE), (0x2614, 0x2615), (0x2648, 0x2653),
        (0x26A1, 0x26A1), (0x26BD, 0x26BE), (0x2705, 0x2705), (0x270A, 0x270B), (0x2728, 0x2728), (0x274C, 0x274C), (0x2753, 0x2755),
        (0x2757, 0x2757), (0x2795, 0x2797), (0x2B1B, 0x2B1C), (0x2B50, 0x2B50), (0x2E80, 0x303E), (0x3041, 0x33FF), (0x3400, 0x4DBF),
        (0x4E00, 0x9FFF), (0xA000, 0xA4CF), (0xA960, 0xA97F), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFE10, 0xFE19), (0xFE30, 0xFE6F),
        (0xFF00, 0xFF60), (0xFFE0, 0xFFE6), (0x1F004, 0x1F004), (0x1F0CF, 0x1F0CF), (0x1F18E, 0x1F18E), (0x1F191, 0x1F19A),
        (0x1F200, 0x1F320), (0x1F32D, 0x1F64F), (0x1F680, 0x1F6FF), (0x1F7E0, 0x1F7EB), (0x1F90C, 0x1F9FF), (0x1FA70, 0x1FAFF),
        (0x20000, 0x3FFFD),
    ];

    internal static int Of(Rune rune)
    {
        int value = rune.Value;
        if (value < 0x300)
        {
            return value < 0x20 || (value >= 0x7F && value < 0xA0) ? 0 : 1;
        }

        if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format)
        {
            return 0;
        }

        foreach ((int first, int last) in s_wide)
        {
            if (value < first)
            {
                return 1;
            }

            if (value <= last)
            {
                return 2;
            }
        }

        return 1;
    }

    /// <summary>The width of a text without line ends; escape sequences of the form ESC [ ... letter take no room.</summary>
    internal static int Of(ReadOnlySpan<char> text)
    {
        int cells = 0;
        for (int i = 0; i < text.Length;)
        {
            int escape = EscapeLength(text[i..]);
            if (escape > 0)
            {
                i += escape;
                continue;
            }

            _ = Rune.DecodeFromUtf16(text[i..], out Rune rune, out int used);
            cells += Of(rune);
            i += used;
        }

        return cells;
    }

    /// <summary>The length in characters of the escape sequence the text starts with, or 0.</summary>
    internal static int EscapeLength(ReadOnlySpan<char> text)
    {
        if (text.Length < 2 || text[0] != '\e' || text[1] != '[')
        {
            return 0;
        }

        int end = 2;
        while (end < text.Length && text[end] is >= ' ' and <= '?')
        {
            end++;
        }

        return Math.Min(end + 1, text.Length);
    }
}
