using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Text;

namespace Containers.Cmdlets;

/// <summary>
/// A table that is drawn again in its place. Each frame is one write, each line is overwritten and its rest erased, so that nothing flickers;
/// what was on the screen above stays, and the last frame is what is left when it ends.
/// </summary>
internal sealed class LiveTable : IDisposable
{
    private const string HideCursor = "\e[?25l";

    private const string ShowCursor = "\e[?25h";

    // Terminals that know it (DEC mode 2026) show a frame when it is complete; others ignore it.
    private const string BeginFrame = "\e[?2026h";

    private const string EndFrame = "\e[?2026l";

    private readonly Action<string> _write;

    private readonly Func<Size> _size;

    private int _lines;

    /// <param name="write">To the terminal, unchanged.</param>
    /// <param name="size">Of the terminal, as it is now.</param>
    internal LiveTable(Action<string> write, Func<Size> size)
    {
        _write = write;
        _size = size;
        _write(HideCursor);
    }

    /// <returns>False where nothing can be drawn again: output that is redirected, no terminal, plain text wanted.</returns>
    internal static bool TryOpen(PSHost host, PSCmdlet cmdlet, [NotNullWhen(true)] out LiveTable? table)
    {
        table = null;
        PSHostUserInterface? screen = host.UI;
        string? rendering = PSObject.AsPSObject(cmdlet.GetVariableValue("PSStyle") ?? "").Properties["OutputRendering"]?.Value?.ToString();
        if (screen is null || !screen.SupportsVirtualTerminal || Console.IsOutputRedirected || rendering == "PlainText"
            || screen.RawUI.WindowSize is not { Width: > 20, Height: > 3 })
        {
            return false;
        }

        table = new LiveTable(screen.Write, () => screen.RawUI.WindowSize);
        return true;
    }

    /// <param name="rows">The first one is the heading; all have the same number of cells. Numbers are to the right, the first cell to the left.</param>
    internal void Draw(IReadOnlyList<IReadOnlyList<string>> rows)
    {
        Size size = _size();
        int room = Math.Max(2, size.Height - 1);
        int shown = rows.Count <= room ? rows.Count : room - 1;
        int[] widths = [.. Enumerable.Range(0, rows[0].Count).Select(column => rows.Max(row => row[column].Length))];
        StringBuilder frame = new(BeginFrame);
        if (_lines > 0)
        {
            frame.Append("\e[").Append(Math.Min(_lines, room)).Append('A');
        }

        for (int i = 0; i < shown; i++)
        {
            frame.Append('\r').Append(i == 0 ? "\e[32;1m" : "").Append(Fit(Line(rows[i], widths), size.Width)).Append(i == 0 ? "\e[0m" : "").Append("\e[K\n");
        }

        if (shown < rows.Count)
        {
            frame.Append('\r').Append(Fit($"... and {rows.Count - shown} more", size.Width)).Append("\e[K\n");
            shown++;
        }

        _lines = shown;
        _write(frame.Append("\e[J").Append(EndFrame).ToString());
    }

    public void Dispose() => _write(ShowCursor);

    private static string Line(IReadOnlyList<string> cells, int[] widths) =>
        string.Join("  ", cells.Select((cell, column) => column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column])));

    // One column is left free: a terminal that has written its last column is in another line or not, as it likes.
    private static string Fit(string line, int width) => line.Length < width ? line : line[..Math.Max(0, width - 1)];
}
