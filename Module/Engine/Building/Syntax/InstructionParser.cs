namespace Containers.Engine.Building.Syntax;

/// <summary>Makes an <see cref="Instruction"/> of a line, and of the heredocs that follow it.</summary>
internal static partial class InstructionParser
{
    private static readonly string[] s_names =
    [
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD", "RUN", "SHELL",
        "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    ];

    /// <param name="reader">Gives the lines of heredocs.</param>
    internal static Instruction Parse(InstructionLine line, LogicalLineReader reader)
    {
        string name = line.Keyword.Text.ToUpperInvariant();
        if (!s_names.Contains(name))
        {
            throw SourceText.Error(
                line.Keyword.Range, "UnknownInstruction", $"unknown instruction '{line.Keyword.Text}'{Suggestion.For(name, s_names)}",
                line.Line.FirstLine > 1 ? "A line that continues the one before needs an escape character at the end of that one." : null);
        }

        if (name == "ONBUILD" && !line.IsEmpty)
        {
            // Before its heredocs: what cannot be a trigger has none that matter.
            line.Flags.Read([]);
            RefuseTrigger(line.Inner());
        }

        IReadOnlyList<Heredoc> heredocs = ReadHeredocs(line, reader);
        if (name is not ("MAINTAINER" or "LABEL"))
        {
            DockerfileParser.RefuseDamage(line, reader.Position);
        }

        return Parse(line, name, heredocs, reader.Directives.Escape);
    }

    /// <exception cref="EngineException">The instruction cannot be done on builds.</exception>
    internal static void RefuseTrigger(InstructionLine line)
    {
        string name = line.Keyword.Text.ToUpperInvariant();
        if (name is "ONBUILD" or "FROM" or "MAINTAINER")
        {
            throw SourceText.Invalid(line.Keyword.Range, $"{name} cannot be done on builds");
        }

        if (!s_names.Contains(name))
        {
            throw SourceText.Error(
                line.Keyword.Range, "UnknownInstruction", $"unknown instruction '{line.Keyword.Text}'{Suggestion.For(name, s_names)}");
        }
    }

    private static Instruction Parse(InstructionLine line, string name, IReadOnlyList<Heredoc> heredocs, char escape)
    {
        InstructionHeader header = new(line.Keyword, line.Range, line.Text)
        {
            Comments = line.Line.Comments,
            Heredocs = heredocs,
            EmptyLines = line.Line.EmptyLines,
        };
        return name switch
        {
            "ADD" => Add(line, header),
            "ARG" => Arg(line, header),
            "CMD" => new CmdInstruction(header, NoFlags(line).Command()),
            "COPY" => Copy(line, header),
            "ENTRYPOINT" => new EntrypointInstruction(header, NoFlags(line).Command()),
            "ENV" => new EnvInstruction(header, Pairs(line)),
            "EXPOSE" => new ExposeInstruction(header, [.. NotEmpty(NoFlags(line)).Blanks().OrderBy(port => port.Text, StringComparer.Ordinal)]),
            "HEALTHCHECK" => Healthcheck(line, header),
            "LABEL" => new LabelInstruction(header, Pairs(line)),
            "MAINTAINER" => new MaintainerInstruction(header, NotEmpty(NoFlags(line)).Rest),
            "ONBUILD" => OnBuild(line, header, escape),
            "RUN" => Run(line, header, escape),
            "SHELL" => new ShellInstruction(header, Shell(line)),
            "STOPSIGNAL" => new StopSignalInstruction(header, NotEmpty(NoFlags(line)).One()),
            "USER" => new UserInstruction(header, NotEmpty(NoFlags(line)).One()),
            "VOLUME" => new VolumeInstruction(header, Volumes(line)),
            _ => new WorkdirInstruction(header, NotEmpty(NoFlags(line)).One()),
        };
    }

    private static InstructionLine NoFlags(InstructionLine line)
    {
        line.Flags.Read([]);
        return line;
    }

    private static InstructionLine NotEmpty(InstructionLine line) => !line.IsEmpty
        ? line
        : throw line.Invalid($"{line.Keyword.Text.ToUpperInvariant()} needs a value");

    private static ArgInstruction Arg(InstructionLine line, InstructionHeader header)
    {
        List<ArgumentDefinition> arguments = [];
        foreach (Word word in NotEmpty(NoFlags(line)).Quoted())
        {
            int equals = word.Text.IndexOf('=', StringComparison.Ordinal);
            if (equals == 0)
            {
                throw SourceText.Invalid(word.Range, "the argument has no name");
            }

            arguments.Add(equals < 0
                ? new ArgumentDefinition(word.Text, null, word.Range)
                : new ArgumentDefinition(word.Text[..equals], word.Text[(equals + 1)..], word.Range));
        }

        return new ArgInstruction(header, arguments);
    }

    /// <summary>NAME=value ...; or, as it was once written, NAME and a blank: then everything after it is the value.</summary>
    private static List<KeyValue> Pairs(InstructionLine line)
    {
        string name = line.Keyword.Text.ToUpperInvariant();
        List<Word> words = NotEmpty(NoFlags(line)).Quoted();
        if (words.Count == 0)
        {
            throw line.Invalid($"{name} needs a value");
        }

        if (!words[0].Text.Contains('=', StringComparison.Ordinal))
        {
            List<Word> blanks = line.Blanks();
            string rest = line.Rest[blanks[0].Text.Length..].TrimStart(' ', '\t', '\v', '\f', '\r');
            return blanks.Count > 1
                ? [new KeyValue(blanks[0].Text, rest, true, line.RestRange)]
                : throw SourceText.Invalid(words[0].Range, $"'{words[0].Text}' has no value", $"Write {name} {words[0].Text}=value.");
        }

        List<KeyValue> pairs = [];
        foreach (Word word in words)
        {
            int equals = word.Text.IndexOf('=', StringComparison.Ordinal);
            pairs.Add(equals > 0
                ? new KeyValue(word.Text[..equals], word.Text[(equals + 1)..], false, word.Range)
                : throw SourceText.Invalid(
                    word.Range, equals == 0 ? "there is no name before '='" : $"'{word.Text}' is not NAME=value",
                    equals == 0 ? null : "Put a value with blanks into quotes: NAME=\"a value\"."));
        }

        return pairs;
    }

    private static IReadOnlyList<string> Shell(InstructionLine line) => NotEmpty(NoFlags(line)).Json() switch
    {
        null => throw line.Invalid("SHELL takes an array only", "Write it as SHELL [\"/bin/sh\", \"-c\"]."),
        { Count: 0 } => throw line.Invalid("SHELL needs at least one string"),
        var shell => shell,
    };

    private static List<Word> Volumes(InstructionLine line)
    {
        IReadOnlyList<string>? array = NotEmpty(NoFlags(line)).Json();
        List<Word> paths = array is null ? line.Blanks() : [.. array.Select(path => new Word(path.Trim(), line.RestRange))];
        return paths.Count > 0 && paths.TrueForAll(path => path.Text.Length > 0)
            ? paths
            : throw line.Invalid("VOLUME needs a path");
    }

    private static OnBuildInstruction OnBuild(InstructionLine line, InstructionHeader header, char escape)
    {
        if (line.IsEmpty)
        {
            throw line.Invalid("ONBUILD needs an instruction");
        }

        InstructionLine inner = line.Inner();
        Instruction trigger = Parse(inner, inner.Keyword.Text.ToUpperInvariant(), header.Heredocs, escape);
        return new OnBuildInstruction(header, inner.Text + string.Concat(header.Heredocs.Select(one => "\n" + one.Content + one.Name)), trigger);
    }
}
