namespace Containers.Engine.Building.Syntax;

/// <summary>The special comments at the very beginning of a Dockerfile.</summary>
/// <param name="Escape">The character that escapes and continues lines: a backslash or a backtick.</param>
/// <param name="Syntax">The frontend asked for by "# syntax=", null for none.</param>
/// <param name="Check">What "# check=" says.</param>
internal sealed record ParserDirectives(char Escape, Word? Syntax, CheckOptions Check)
{
    internal static ParserDirectives Default { get; } = new('\\', null, CheckOptions.Default);
}
