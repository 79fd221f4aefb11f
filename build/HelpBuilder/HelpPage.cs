namespace Containers.HelpBuilder;

/// <summary>One page of docs/cmdlets: the words a person wrote about one cmdlet.</summary>
/// <param name="Name">The cmdlet, as in the file's name.</param>
/// <param name="File">The file it was read from, for messages.</param>
/// <param name="Synopsis">One paragraph.</param>
/// <param name="Description">Paragraphs.</param>
/// <param name="Parameters">By name without the dash, any case.</param>
/// <param name="Examples">In the order of the page.</param>
/// <param name="Notes">Paragraphs, often none.</param>
/// <param name="Links">In the order of the page.</param>
public sealed record HelpPage(
    string Name,
    string File,
    string Synopsis,
    IReadOnlyList<string> Description,
    IReadOnlyDictionary<string, HelpParameter> Parameters,
    IReadOnlyList<HelpExample> Examples,
    IReadOnlyList<string> Notes,
    IReadOnlyList<HelpLink> Links);

/// <summary>What a page says about one parameter.</summary>
/// <param name="Name">Without the dash.</param>
/// <param name="Paragraphs">At least one.</param>
/// <param name="Default">The value in force when the parameter is absent, from a last line "Default: value."; null where none.</param>
/// <param name="File">Where it stands, for messages.</param>
/// <param name="Line">Counted from 1.</param>
public sealed record HelpParameter(string Name, IReadOnlyList<string> Paragraphs, string? Default, string File, int Line);

/// <summary>One example of a page; tests run the code as it stands.</summary>
/// <param name="Cmdlet">The page it is from.</param>
/// <param name="Title">The heading.</param>
/// <param name="Introduction">Paragraphs before the code.</param>
/// <param name="Code">The lines of the fence.</param>
/// <param name="Remarks">Paragraphs, and shown output, after the code.</param>
public sealed record HelpExample(
    string Cmdlet, string Title, IReadOnlyList<string> Introduction, string Code, IReadOnlyList<string> Remarks)
{
    /// <summary>What a test runner shows for it.</summary>
    public override string ToString() => $"{Cmdlet}: {Title}";
}

/// <summary>A related link: another cmdlet, or a text with an address.</summary>
public sealed record HelpLink(string Text, string? Uri);

/// <summary>Something the build must not let pass, in the form MSBuild recognises.</summary>
public sealed record Problem(string File, int Line, string Message)
{
    public override string ToString() => Line > 0 ? $"{File}({Line}): error HELP: {Message}" : $"{File}: error HELP: {Message}";
}
