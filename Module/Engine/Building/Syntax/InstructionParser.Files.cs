namespace Containers.Engine.Building.Syntax;

/// <content>ADD and COPY.</content>
internal static partial class InstructionParser
{
    private static AddInstruction Add(InstructionLine line, InstructionHeader header)
    {
        InstructionFlags flags = line.Flags.Read(["chown", "chmod", "checksum"], ["exclude"], ["link", "keep-git-dir", "unpack"]);
        (IReadOnlyList<Word> sources, IReadOnlyList<Heredoc> contents, Word destination) = SourcesAndDestination(line, header);
        return new AddInstruction(header)
        {
            Sources = sources,
            Contents = contents,
            Destination = destination,
            Chown = flags.Value("chown"),
            Chmod = flags.Value("chmod"),
            Checksum = flags.Value("checksum"),
            Excludes = flags.Values("exclude"),
            Link = flags.Switch("link") ?? false,
            KeepGitDirectory = flags.Switch("keep-git-dir"),
            Unpack = flags.Switch("unpack"),
        };
    }

    private static CopyInstruction Copy(InstructionLine line, InstructionHeader header)
    {
        InstructionFlags flags = line.Flags.Read(["chown", "chmod", "from"], ["exclude"], ["link", "parents"]);
        (IReadOnlyList<Word> sources, IReadOnlyList<Heredoc> contents, Word destination) = SourcesAndDestination(line, header);
        Word? from = flags.Value("from");
        if (from?.Text.AsSpan().IndexOfAny('$', '"', '\'') >= 0)
        {
            throw SourceText.Invalid(from.Range, "--from takes no variables", "Name a stage with FROM ${VARIABLE} AS name, and copy from that.");
        }

        return new CopyInstruction(header)
        {
            Sources = sources,
            Contents = contents,
            Destination = destination,
            From = from is { Text.Length: > 0 } ? from : null,
            Chown = flags.Value("chown"),
            Chmod = flags.Value("chmod"),
            Excludes = flags.Values("exclude"),
            Link = flags.Switch("link") ?? false,
            Parents = flags.Switch("parents") ?? false,
        };
    }

    private static (IReadOnlyList<Word> Sources, IReadOnlyList<Heredoc> Contents, Word Destination) SourcesAndDestination(
        InstructionLine line, InstructionHeader header)
    {
        IReadOnlyList<string>? array = line.Json();
        List<Word> words = array is null ? line.Blanks() : [.. array.Select(one => new Word(one, line.RestRange))];
        if (words.Count < 2)
        {
            throw line.Invalid(
                $"{line.Keyword.Text.ToUpperInvariant()} needs at least one source and a destination",
                "Write the destination last; names with blanks go into an array: [\"a file\", \"/destination/\"].");
        }

        if (Heredoc(words[^1]) is not null)
        {
            throw SourceText.Invalid(words[^1].Range, "a heredoc cannot be the destination");
        }

        List<Word> sources = [];
        List<Heredoc> contents = [];
        foreach (Word word in words.Take(words.Count - 1))
        {
            if (Heredoc(word) is not { } start)
            {
                sources.Add(word);
            }
            else if (header.Heredocs.LastOrDefault(one => one.Name == start.Name) is { } content)
            {
                contents.Add(content);
            }
            else
            {
                throw SourceText.Invalid(word.Range, "the heredoc is not understood", "Look for a quote that is not closed.");
            }
        }

        return (sources, contents, words[^1]);
    }

    private static HeredocParser.Start? Heredoc(Word word)
    {
        try
        {
            return HeredocParser.TryParse(word.Text);
        }
        catch (VariableException)
        {
            return null;
        }
    }
}
