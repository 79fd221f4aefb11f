using System.Text.RegularExpressions;

namespace Containers.Engine.Building.Syntax;

/// <summary>Reads "# escape=", "# syntax=" and "# check=", which count only before everything else.</summary>
internal sealed partial class DirectiveReader(SourceText source)
{
    private readonly HashSet<string> _seen = [];
    private bool _afterProgram;
    private bool _done;

    internal ParserDirectives Result { get; private set; } = ParserDirectives.Default;

    /// <param name="text">The line without the blanks in front.</param>
    /// <returns>Whether the line was a directive.</returns>
    /// <exception cref="EngineException">One comes twice or has a wrong value, or the frontend is not ours.</exception>
    internal bool TryRead(int line, ReadOnlySpan<char> text)
    {
        if (line == 1 && text.StartsWith("#!"))
        {
            // A first line "#!/usr/bin/env ..." makes the file a program. What follows still counts, but not as the escape character: docker
            // has it so, and a refused frontend must not hide behind it.
            _afterProgram = true;
            return false;
        }

        if (_done)
        {
            return false;
        }

        Match match = text.StartsWith('#') ? Pattern().Match(text[1..].TrimStart().ToString()) : Match.Empty;
        string name = match.Success ? match.Groups[1].Value.ToLowerInvariant() : "";
        if (name is not ("escape" or "syntax" or "check") || (_afterProgram && name == "escape"))
        {
            _done = true;
            return false;
        }

        SourceRange range = source.RangeOfLine(line);
        if (!_seen.Add(name))
        {
            throw SourceText.Invalid(range, $"the directive '{name}' may be there only once");
        }

        string value = match.Groups[2].Value;
        switch (name)
        {
            case "escape":
                Result = value is "\\" or "`"
                    ? Result with { Escape = value[0] }
                    : throw SourceText.Invalid(range, $"'{value}' cannot be the escape character; it is \\ or `");
                break;
            case "syntax":
                Word syntax = new(value.Split(' ')[0], range);
                Frontend.Check(syntax);
                Result = Result with { Syntax = syntax };
                break;
            default:
                Result = Result with
                {
                    Check = CheckOptions.TryParse(value.Split(' ')[0], out string? fault) ?? throw SourceText.Invalid(range, fault!),
                };
                break;
        }

        return true;
    }

    [GeneratedRegex(@"^([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
