namespace Containers.Engine.Building.Syntax;

/// <summary>FROM [--platform=P] base [AS name].</summary>
internal static class StageParser
{
    /// <returns>The stage, still without instructions.</returns>
    internal static Stage Parse(InstructionLine line, int index)
    {
        List<Word> words = line.Blanks();
        InstructionFlags flags = line.Flags.Read(["platform"]);
        if (words.Count is not (1 or 3) || (words.Count == 3 && !words[1].Text.Equals("AS", StringComparison.OrdinalIgnoreCase)))
        {
            throw words.Count == 0
                ? line.Invalid("FROM needs an image", "Write the name of an image, of an earlier stage, or scratch.")
                : SourceText.Invalid(words[1].Range.To(words[^1].Range), "after the image there may only be AS and a name: FROM image AS name");
        }

        Word? alias = words.Count == 3 ? words[2] : null;
        string? name = alias?.Text.ToLowerInvariant();
        if (name is not null && !IsName(name))
        {
            throw SourceText.Invalid(
                alias!.Range, $"'{alias.Text}' cannot be the name of a stage", "Begin with a letter; then letters, digits, '-', '_' and '.' may follow.");
        }

        return new Stage
        {
            Index = index,
            Keyword = line.Keyword,
            BaseName = words[0],
            Alias = name,
            WrittenAlias = alias,
            AsKeyword = words.Count == 3 ? words[1] : null,
            Platform = flags.Value("platform"),
            Range = line.Range,
            Text = line.Text,
            Comments = line.Line.Comments,
            EmptyLines = line.Line.EmptyLines,
            Instructions = [],
        };
    }

    private static bool IsName(string name) => name.Length > 0 && char.IsAsciiLetterLower(name[0])
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_' or '.');
}
