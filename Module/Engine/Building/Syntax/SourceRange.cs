using System.Globalization;

namespace Containers.Engine.Building.Syntax;

/// <summary>
/// Where something stands in a Dockerfile. Lines and columns count from 1, columns in UTF-16 units; the last column is the one after the
/// last character.
/// </summary>
internal sealed record SourceRange(SourceText Source, int FirstLine, int FirstColumn, int LastLine, int LastColumn)
{
    /// <summary>The file as messages name it.</summary>
    internal string File => Source.Name;

    /// <summary>A range from the beginning of this one to the end of another.</summary>
    internal SourceRange To(SourceRange end) => this with { LastLine = end.LastLine, LastColumn = end.LastColumn };

    /// <summary>"Dockerfile:3:5", as editors and compilers write it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{File}:{FirstLine}:{FirstColumn}");
}
