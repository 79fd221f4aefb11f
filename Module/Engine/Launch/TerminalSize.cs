namespace Containers.Engine.Launch;

/// <summary>The size of a terminal in cells. 0 by 0 is a size that nobody has said yet, as the kernel has it.</summary>
/// <param name="Rows">Lines, up to 65535.</param>
/// <param name="Columns">Characters in a line, up to 65535.</param>
public readonly record struct TerminalSize(int Rows, int Columns)
{
    public bool IsKnown => Rows > 0 && Columns > 0;
}
