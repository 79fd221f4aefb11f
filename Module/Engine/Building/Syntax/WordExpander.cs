namespace Containers.Engine.Building.Syntax;

/// <summary>What the variables of a place are.</summary>
internal interface IVariables
{
    /// <summary>Null where there is none of that name.</summary>
    internal string? Find(string name);

    internal IEnumerable<string> Names { get; }

    /// <summary>What may still be spent on them.</summary>
    internal ExpansionBudget Budget { get; }
}

/// <summary>
/// Replaces variables and takes quotes away in the words of one instruction. It also keeps which names were looked up, for findings.
/// </summary>
/// <param name="variables">What may be seen.</param>
/// <param name="escape">The Dockerfile's escape character.</param>
internal sealed class WordExpander(IVariables variables, char escape)
{
    private readonly HashSet<string> _used = [];
    private readonly HashSet<string> _missing = [];

    /// <summary>Names that were found.</summary>
    internal IReadOnlyCollection<string> Used => _used;

    /// <summary>Names that were looked up and are not there.</summary>
    internal IReadOnlyCollection<string> Missing => _missing;

    /// <summary>A word as one text: blanks stay.</summary>
    /// <exception cref="EngineException">InvalidDockerfile; DockerfileVariableRequired.</exception>
    internal string Expand(string text, SourceRange range) => text.AsSpan().IndexOfAny(['$', '\'', '"', escape]) < 0
        ? text
        : Run(text, range, escape, false, lexer => lexer.ToText());

    internal Word Expand(Word word) => word with { Text = Expand(word.Text, word.Range) };

    /// <summary>Null where nothing is written, or nothing is left of it.</summary>
    internal Word? ExpandOptional(Word? word) => word is not null && Expand(word) is { Text.Length: > 0 } expanded ? expanded : null;

    /// <summary>A word as several: what variables bring along is split at blanks, what is quoted is not.</summary>
    internal IEnumerable<Word> Split(Word word) =>
        Run(word.Text, word.Range, escape, false, lexer => lexer.ToWords()).Select(one => word with { Text = one });

    /// <summary>A heredoc of COPY or ADD: quotes are content there, and only a backslash escapes.</summary>
    internal Heredoc ExpandContent(Heredoc heredoc) => !heredoc.Expands
        ? heredoc
        : heredoc with { Content = Run(heredoc.Text, heredoc.Range, '\\', true, lexer => lexer.ToText()), StripTabs = false, Expands = false };

    private T Run<T>(string text, SourceRange range, char escapeWith, bool quotesAreContent, Func<VariableLexer, T> read)
    {
        VariableLexer lexer = new(text, Look, escapeWith) { QuotesAreContent = quotesAreContent, Budget = variables.Budget };
        try
        {
            return read(lexer);
        }
        catch (VariableException e)
        {
            SourceRange at = new Word(text, range).Part(e.Position, Math.Max(1, text.Length - e.Position));
            throw SourceText.Error(
                at, e.IsRequired ? "DockerfileVariableRequired" : "InvalidDockerfile", e.Message,
                e.IsRequired ? "Give it with -BuildArgument, or write a default with ARG." : null, EngineErrorKind.InvalidData, e);
        }
    }

    private string? Look(string name)
    {
        string? value = variables.Find(name);
        (value is null ? _missing : _used).Add(name);
        return value;
    }
}

/// <summary>A word whose variables cannot be replaced; <see cref="WordExpander"/> says where.</summary>
internal sealed class VariableException : Exception
{
    internal VariableException(string message, int position, bool isRequired = false)
        : base(message) => (Position, IsRequired) = (position, isRequired);

    /// <summary>The offset in the word.</summary>
    internal int Position { get; }

    /// <summary>${v:?} or ${v?} of a variable that is not set.</summary>
    internal bool IsRequired { get; }
}
