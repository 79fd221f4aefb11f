namespace Containers.Engine.Building.Syntax;

/// <summary>One argument of an instruction, and where it stands. Not expanded unless it came from <see cref="Instruction.Expand"/>.</summary>
internal sealed record Word(string Text, SourceRange Range)
{
    /// <summary>Where a part of the text stands; the whole word's place when quotes or continuations keep the two from matching.</summary>
    internal SourceRange Part(int start, int length)
    {
        if (Range.FirstLine != Range.LastLine)
        {
            return Range;
        }

        ReadOnlySpan<char> line = Range.Source.Line(Range.FirstLine);
        int first = Range.FirstColumn - 1;
        int last = Range.LastColumn - 1;
        return first <= last && last <= line.Length && line[first..last].SequenceEqual(Text)
            ? Range with { FirstColumn = Range.FirstColumn + start, LastColumn = Range.FirstColumn + start + length }
            : Range;
    }

    public override string ToString() => Text;
}
