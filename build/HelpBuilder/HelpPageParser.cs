using System.Text.RegularExpressions;

namespace Containers.HelpBuilder;

/// <summary>
/// Reads the fixed markdown form described in docs/cmdlets/_format.md. What it does not know is a problem, never skipped: a
/// misspelt heading must not make a part of the help disappear.
/// </summary>
public sealed partial class HelpPageParser
{
    private const string Fence = "```";
    private static readonly string[] s_sections = ["Description", "Parameters", "Examples", "Notes", "Related links"];
    private readonly string _file;
    private readonly string[] _lines;
    private readonly List<Problem> _problems;
    private int _next;

    private HelpPageParser(string file, string text, List<Problem> problems)
    {
        _file = file;
        _lines = text.ReplaceLineEndings("\n").Split('\n');
        _problems = problems;
    }

    private bool AtEnd => _next >= _lines.Length;

    private string Line => _lines[_next];

    /// <summary>Reads the page of one cmdlet; what is wrong with it is added to <paramref name="problems"/>.</summary>
    public static HelpPage ParsePage(string file, string text, List<Problem> problems) => new HelpPageParser(file, text, problems).Page();

    /// <summary>Reads the paragraphs shared by many cmdlets: a title, then one "### -Name" each.</summary>
    public static IReadOnlyDictionary<string, HelpParameter> ParseShared(string file, string text, List<Problem> problems)
    {
        var parser = new HelpPageParser(file, text, problems);
        while (!parser.AtEnd && !parser.Line.StartsWith("### ", StringComparison.Ordinal))
        {
            parser._next++;
        }

        return parser.Parameters();
    }

    [GeneratedRegex(@"\[([^\]]+)\]\(([^)]+)\)")]
    private static partial Regex MarkdownLink();

    [GeneratedRegex(@"`([^`]+)`|\*\*([^*]+)\*\*")]
    private static partial Regex InlineMark();

    [GeneratedRegex(@"^\s*(-|\d+\.)\s")]
    private static partial Regex ListItem();

    private HelpPage Page()
    {
        var name = Path.GetFileNameWithoutExtension(_file);
        SkipBlank();
        if (AtEnd || Line.TrimEnd() != "# " + name)
        {
            Report(_next, $"the page must begin with '# {name}'");
        }

        _next++;
        var synopsis = Paragraphs();
        if (synopsis.Count != 1)
        {
            Report(_next, $"one paragraph between the title and the first section is the synopsis; there are {synopsis.Count}");
        }

        IReadOnlyList<string> description = [];
        IReadOnlyList<string> notes = [];
        IReadOnlyDictionary<string, HelpParameter> parameters = new Dictionary<string, HelpParameter>();
        IReadOnlyList<HelpExample> examples = [];
        IReadOnlyList<HelpLink> links = [];
        var seen = new HashSet<string>();
        while (!AtEnd)
        {
            var section = Line.StartsWith("## ", StringComparison.Ordinal) ? Line[3..].Trim() : Line;
            if (!s_sections.Contains(section))
            {
                Report(_next, $"'{Line}' is not expected here; the sections are {string.Join(", ", s_sections)}");
                Skip();
                continue;
            }

            if (!seen.Add(section))
            {
                Report(_next, $"the section '{section}' stands twice");
            }

            _next++;
            switch (section)
            {
                case "Description": description = Paragraphs(); break;
                case "Parameters": parameters = Parameters(); break;
                case "Examples": examples = Examples(name); break;
                case "Notes": notes = Paragraphs(); break;
                default: links = Links(); break;
            }
        }

        return new HelpPage(name, _file, string.Join(' ', synopsis), description, parameters, examples, notes, links);
    }

    private Dictionary<string, HelpParameter> Parameters()
    {
        var found = new Dictionary<string, HelpParameter>(StringComparer.OrdinalIgnoreCase);
        SkipBlank();
        while (!AtEnd && Line.StartsWith("### ", StringComparison.Ordinal))
        {
            var at = _next;
            var name = Line[4..].Trim();
            _next++;
            var paragraphs = Paragraphs();
            if (!name.StartsWith('-') || paragraphs.Count == 0)
            {
                Report(at, $"'{name}': a parameter is '### -Name' and at least one paragraph");
                continue;
            }

            string? value = null;
            if (paragraphs.Count > 1 && paragraphs[^1].StartsWith("Default: ", StringComparison.Ordinal))
            {
                value = paragraphs[^1]["Default: ".Length..].TrimEnd('.');
                paragraphs.RemoveAt(paragraphs.Count - 1);
            }

            if (!found.TryAdd(name[1..], new HelpParameter(name[1..], paragraphs, value, _file, at + 1)))
            {
                Report(at, $"'{name}' is described twice");
            }
        }

        return found;
    }

    private List<HelpExample> Examples(string cmdlet)
    {
        var found = new List<HelpExample>();
        SkipBlank();
        while (!AtEnd && Line.StartsWith("### ", StringComparison.Ordinal))
        {
            var at = _next;
            var title = Line[4..].Trim();
            _next++;
            var introduction = Paragraphs();
            if (AtEnd || Line.Trim() != Fence + "powershell")
            {
                Report(at, $"the example '{title}' has no {Fence}powershell fence");
                continue;
            }

            var code = Fenced();
            var remarks = Paragraphs();
            while (!AtEnd && Line.StartsWith(Fence, StringComparison.Ordinal))
            {
                if (Line.Trim() == Fence + "powershell")
                {
                    Report(_next, $"the example '{title}' has two {Fence}powershell fences; make it two examples");
                }

                remarks.Add(Fenced());
                remarks.AddRange(Paragraphs());
            }

            found.Add(new HelpExample(cmdlet, title, introduction, code, remarks));
        }

        return found;
    }

    private List<HelpLink> Links()
    {
        var found = new List<HelpLink>();
        for (SkipBlank(); !AtEnd && Line.StartsWith("- ", StringComparison.Ordinal); SkipBlank())
        {
            var text = Line[2..].Trim();
            var match = MarkdownLink().Match(text);
            found.Add(match.Success ? new HelpLink(match.Groups[1].Value, match.Groups[2].Value) : new HelpLink(text.Trim('`'), null));
            _next++;
        }

        return found;
    }

    // Up to the next heading or fence. The lines of a paragraph are joined; an item of a list begins one of its own.
    private List<string> Paragraphs()
    {
        var found = new List<string>();
        var open = false;
        for (; !AtEnd && !Line.StartsWith('#') && !Line.StartsWith(Fence, StringComparison.Ordinal); _next++)
        {
            var line = Line.Trim();
            if (line.Length == 0)
            {
                open = false;
            }
            else if (open && !ListItem().IsMatch(Line) && !line.StartsWith("Default: ", StringComparison.Ordinal))
            {
                found[^1] += " " + line;
            }
            else
            {
                found.Add(line);
                open = true;
            }
        }

        return found.ConvertAll(PlainText);
    }

    private string Fenced()
    {
        var start = ++_next;
        while (!AtEnd && Line.TrimEnd() != Fence)
        {
            _next++;
        }

        if (AtEnd)
        {
            Report(start - 1, "the fence is not closed");
            return string.Join('\n', _lines[start..]);
        }

        return string.Join('\n', _lines[start.._next++]);
    }

    // A console shows no markdown.
    private static string PlainText(string text) =>
        InlineMark().Replace(MarkdownLink().Replace(text, "$1 ($2)"), "$1$2");

    private void SkipBlank()
    {
        while (!AtEnd && string.IsNullOrWhiteSpace(Line))
        {
            _next++;
        }
    }

    // To the next section, so that one slip is told once.
    private void Skip()
    {
        do
        {
            _next++;
        }
        while (!AtEnd && !Line.StartsWith("## ", StringComparison.Ordinal));
    }

    private void Report(int index, string message) => _problems.Add(new Problem(_file, Math.Min(index, _lines.Length - 1) + 1, message));
}
