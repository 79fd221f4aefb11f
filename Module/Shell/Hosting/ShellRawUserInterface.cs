using System.Management.Automation.Host;
using Containers.Shell.Terminal;

namespace Containers.Shell.Hosting;

/// <summary>The screen as the engine sees it: its size, so that tables fit, and the width of texts. It has no cell buffer.</summary>
internal sealed class ShellRawUserInterface(TerminalDevice device) : PSHostRawUserInterface
{
    public override ConsoleColor BackgroundColor { get; set; } = ConsoleColor.Black;

    public override ConsoleColor ForegroundColor { get; set; } = ConsoleColor.Gray;

    public override Size BufferSize
    {
        get => device.Size;
        set => throw Unsupported("set the size of the terminal");
    }

    public override Size WindowSize
    {
        get => device.Size;
        set => throw Unsupported("set the size of the terminal");
    }

    public override Size MaxPhysicalWindowSize => device.Size;

    public override Size MaxWindowSize => device.Size;

    public override Coordinates CursorPosition
    {
        get => default;
        set => device.Output.Write($"\e[{value.Y + 1};{value.X + 1}H");
    }

    public override Coordinates WindowPosition { get; set; }

    public override int CursorSize { get; set; } = 25;

    public override string WindowTitle { get; set; } = "containers-shell";

    public override bool KeyAvailable => false;

    public override void FlushInputBuffer()
    {
    }

    public override KeyInfo ReadKey(ReadKeyOptions options) => throw Unsupported("read single keys");

    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw Unsupported("read the screen");

    public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) =>
        throw Unsupported("scroll the screen");

    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) => throw Unsupported("write cells");

    public override void SetBufferContents(Rectangle rectangle, BufferCell fill)
    {
        // Clear-Host of other hosts: a rectangle of -1 and blanks means the whole screen.
        if (rectangle is { Left: -1, Right: -1 } && device.OutputIsTerminal)
        {
            device.Output.Write("\e[H\e[2J");
        }
    }

    public override int LengthInBufferCells(string source) => CellWidth.Of(source);

    public override int LengthInBufferCells(string source, int offset) => CellWidth.Of(source.AsSpan(offset));

    public override int LengthInBufferCells(char source) => CellWidth.Of([source]);

    private static NotSupportedException Unsupported(string what) => new($"containers-shell cannot {what}.");
}
