namespace Containers.Engine.Building.Syntax;

/// <summary>The target of errors in a Dockerfile: the place, in numbers, for editors.</summary>
/// <param name="Line">From 1, as all of them.</param>
/// <param name="EndColumn">The one after the last character.</param>
/// <param name="Message">What is wrong there, without the place.</param>
/// <param name="Text">The line, and carets under the place.</param>
public sealed record FilePlace(string File, int Line, int Column, int EndLine, int EndColumn, string Message, string Text)
{
    internal static FilePlace Of(SourceRange range, string message) => new(
        range.File, range.FirstLine, range.FirstColumn, range.LastLine, range.LastColumn, SourceText.Printable(message), SourceText.Quote(range));

    /// <summary>"Dockerfile:3:5".</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}");
}
