namespace Containers.HelpBuilder;

/// <summary>All pages of docs/cmdlets and the paragraphs they share.</summary>
/// <param name="Pages">By cmdlet, any case.</param>
/// <param name="Shared">The paragraphs of _parameters.md.</param>
/// <param name="Problems">What is wrong with the text itself.</param>
public sealed record HelpPages(
    IReadOnlyDictionary<string, HelpPage> Pages,
    IReadOnlyDictionary<string, HelpParameter> Shared,
    IReadOnlyList<Problem> Problems)
{
    private const string SharedFile = "_parameters.md";

    /// <summary>Reads a folder of pages. Files whose names begin with an underscore are no pages.</summary>
    public static HelpPages Load(string folder)
    {
        var problems = new List<Problem>();
        var pages = new Dictionary<string, HelpPage>(StringComparer.OrdinalIgnoreCase);
        foreach (var file in Directory.EnumerateFiles(folder, "*.md").Order(StringComparer.Ordinal))
        {
            if (!Path.GetFileName(file).StartsWith('_'))
            {
                var page = HelpPageParser.ParsePage(file, File.ReadAllText(file), problems);
                pages.Add(page.Name, page);
            }
        }

        var shared = Path.Combine(folder, SharedFile);
        var parameters = File.Exists(shared)
            ? HelpPageParser.ParseShared(shared, File.ReadAllText(shared), problems)
            : new Dictionary<string, HelpParameter>();
        return new HelpPages(pages, parameters, problems);
    }

    /// <summary>Every example of every page, for a test that runs them.</summary>
    public static IEnumerable<HelpExample> Examples(string folder) => Load(folder).Pages.Values.SelectMany(page => page.Examples);

    /// <summary>The page's own words about a parameter, else the shared ones, else null.</summary>
    public HelpParameter? Find(HelpPage page, string parameter) =>
        page.Parameters.GetValueOrDefault(parameter) ?? Shared.GetValueOrDefault(parameter);
}
