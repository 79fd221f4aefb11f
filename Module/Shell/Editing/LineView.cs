using System.Text;
using Containers.Shell.Terminal;

namespace Containers.Shell.Editing;

/// <summary>Draws the edited text where the cursor is and keeps track of where on the screen that was.</summary>
internal sealed class LineView(TerminalDevice device)
{
    private LineLayout? _shown;
    private int _firstRow;

    internal void Draw(string prompt, string continuation, LineBuffer buffer)
    {
        int width = Math.Max(2, device.Size.Width);
        int height = Math.Max(1, device.Size.Height);
        LineLayout layout = LineLayout.Of(prompt, continuation, buffer.Text, buffer.Cursor, width);
        StringBuilder screen = new();
        MoveToStart(screen);

        // A text taller than the screen: the rows around the cursor are shown.
        _firstRow = Math.Max(0, Math.Min(layout.CursorRow, layout.Rows.Count - height));
        int rows = Math.Min(height, layout.Rows.Count - _firstRow);
        screen.AppendJoin("\r\n", layout.Rows.Skip(_firstRow).Take(rows));
        Move(screen, rows - 1 - (layout.CursorRow - _firstRow), 'A');
        screen.Append('\r');
        Move(screen, layout.CursorColumn, 'C');
        device.Output.Write(screen.ToString());
        _shown = layout;
    }

    /// <summary>Leaves the text on the screen and goes to the row below it.</summary>
    internal void Finish(string mark = "")
    {
        StringBuilder screen = new();
        if (_shown is { } layout)
        {
            Move(screen, layout.Rows.Count - 1 - layout.CursorRow, 'B');
        }

        device.Output.Write(screen.Append(mark).Append("\r\n").ToString());
        _shown = null;
    }

    internal void Clear()
    {
        device.Output.Write("\e[H\e[2J");
        _shown = null;
    }

    /// <summary>The terminal has reflowed the rows shown to its new width: finds out where the first of them went.</summary>
    internal void Resized()
    {
        if (_shown is not { } layout)
        {
            return;
        }

        int width = Math.Max(2, device.Size.Width);
        int above = layout.Rows.Skip(_firstRow).Take(layout.CursorRow - _firstRow)
            .Sum(row => Math.Max(1, (CellWidth.Of(row) + width - 1) / width));
        above += layout.CursorColumn / width;
        _firstRow = 0;
        _shown = layout with { CursorRow = above };
    }

    private void MoveToStart(StringBuilder screen)
    {
        if (_shown is { } layout)
        {
            Move(screen, layout.CursorRow - _firstRow, 'A');
        }

        screen.Append("\r\e[J");
    }

    private static void Move(StringBuilder screen, int count, char direction)
    {
        if (count > 0)
        {
            screen.Append("\e[").Append(count).Append(direction);
        }
    }
}
