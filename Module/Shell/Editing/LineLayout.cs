using System.Text;
using Containers.Shell.Terminal;

namespace Containers.Shell.Editing;

/// <summary>
/// Prompt and text cut into rows of the screen, each row at most as wide as it, and the place of the cursor. Rows are ended
/// here and not by the terminal's own wrapping, whose behaviour at the last column differs.
/// </summary>
internal sealed record LineLayout(IReadOnlyList<string> Rows, int CursorRow, int CursorColumn)
{
    internal static LineLayout Of(string prompt, string continuation, string text, int cursor, int width)
    {
        List<string> rows = [];
        StringBuilder row = new();
        int column = 0;
        int cursorRow = 0;
        int cursorColumn = 0;

        void EndRow()
        {
            rows.Add(row.ToString());
            row.Clear();
            column = 0;
        }

        void Put(ReadOnlySpan<char> part, int cells)
        {
            if (column + cells > width)
            {
                EndRow();
            }

            row.Append(part);
            column += cells;
        }

        void PutAll(string part)
        {
            for (int i = 0; i < part.Length;)
            {
                int length = CellWidth.EscapeLength(part.AsSpan(i));
                int cells = 0;
                if (length == 0)
                {
                    _ = Rune.DecodeFromUtf16(part.AsSpan(i), out Rune rune, out length);
                    cells = CellWidth.Of(rune);
                }

                if (part[i] == '\n')
                {
                    EndRow();
                }
                else
                {
                    Put(part.AsSpan(i, length), cells);
                }

                i += length;
            }
        }

        PutAll(prompt);
        for (int i = 0; i <= text.Length;)
        {
            if (column == width && (i == text.Length || text[i] != '\n'))
            {
                EndRow();
            }

            if (i == cursor)
            {
                cursorRow = rows.Count;
                cursorColumn = column;
            }

            if (i == text.Length)
            {
                break;
            }

            if (text[i] == '\n')
            {
                EndRow();
                PutAll(continuation);
                i++;
                continue;
            }

            _ = Rune.DecodeFromUtf16(text.AsSpan(i), out Rune rune, out int length);
            int cells = CellWidth.Of(rune);
            if (column + cells > width && i == cursor)
            {
                // A wide character that does not fit moves to the next row and takes the cursor along.
                EndRow();
                cursorRow = rows.Count;
                cursorColumn = 0;
            }

            Put(text.AsSpan(i, length), cells);
            i += length;
        }

        EndRow();
        return new LineLayout(rows, cursorRow, cursorColumn);
    }
}
