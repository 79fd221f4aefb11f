namespace Containers.Engine.Building.Syntax;

/// <summary>
/// Reads the language of docker's Dockerfile reference: docs.docker.com/reference/dockerfile, with the rules of moby/buildkit
/// frontend/dockerfile where the reference is silent. Nothing is expanded and nothing looked up.
/// </summary>
internal static class DockerfileParser
{
    /// <summary>Instructions of one file: each becomes a step, an image holds far fewer.</summary>
    private const int MaxInstructions = 200_000;

    /// <exception cref="EngineException">InvalidDockerfile, UnknownInstruction, UnknownInstructionFlag, DockerfileFrontendRefused.</exception>
    internal static Dockerfile Parse(SourceText source)
    {
        LogicalLineReader reader = new(source);
        List<ArgInstruction> globals = [];
        List<Stage> stages = [];
        Stage? stage = null;
        List<Instruction> instructions = [];
        int count = 0;
        while (reader.Next() is { } line)
        {
            if (++count > MaxInstructions)
            {
                throw SourceText.Error(
                    line.Whole(), "DockerfileTooLarge", $"a Dockerfile of more than {MaxInstructions} instructions is refused", null,
                    EngineErrorKind.LimitsExceeded);
            }

            InstructionLine parts = InstructionLine.From(line, reader.Directives.Escape);
            if (parts.Keyword.Text.Equals("FROM", StringComparison.OrdinalIgnoreCase))
            {
                RefuseDamage(parts);
                Close(stages, stage, instructions);
                stage = StageParser.Parse(parts, stages.Count);
                continue;
            }

            Instruction instruction = InstructionParser.Parse(parts, reader);
            if (stage is not null)
            {
                instructions.Add(instruction);
            }
            else if (instruction is ArgInstruction arg)
            {
                globals.Add(arg);
            }
            else
            {
                throw SourceText.Invalid(
                    instruction.Keyword.Range, $"{instruction.Name} stands before the first FROM; only ARG may",
                    "Begin with FROM and an image, or FROM scratch.");
            }
        }

        Close(stages, stage, instructions);
        if (stages.Count == 0)
        {
            throw SourceText.Invalid(
                source.RangeOfLine(source.LineCount), count == 0 ? "there are no instructions" : "there is no FROM",
                "Begin with FROM and an image, or FROM scratch.");
        }

        return new Dockerfile(source, reader.Directives) { GlobalArgs = globals, Stages = stages };
    }

    /// <summary>One instruction that an image brings along to be done on builds; the places in it are those of the FROM that named the image.</summary>
    /// <exception cref="EngineException">As <see cref="Parse"/>; FROM, MAINTAINER and ONBUILD are refused.</exception>
    internal static Instruction ParseTrigger(string expression, SourceRange from)
    {
        SourceText source = new($"{from} ONBUILD", expression);
        LogicalLineReader reader = new(source);
        LogicalLine line = reader.Next() ?? throw SourceText.Invalid(from, "the image has an empty ONBUILD instruction");
        InstructionLine parts = InstructionLine.From(line, reader.Directives.Escape);
        InstructionParser.RefuseTrigger(parts);
        Instruction instruction = InstructionParser.Parse(parts, reader);
        return reader.Next() is null
            ? instruction
            : throw SourceText.Invalid(from, $"the image has an ONBUILD instruction that is more than one: {expression}");
    }

    /// <summary>Where bytes that are no text would become part of the image, they are not silently replaced.</summary>
    internal static void RefuseDamage(InstructionLine line, int lastLine = 0)
    {
        for (int number = line.Line.FirstLine; number <= Math.Max(line.Line.LastLine, lastLine); number++)
        {
            if (line.Line.Source.IsDamaged(number))
            {
                throw SourceText.Invalid(line.Line.Source.RangeOfLine(number), "the line is not UTF-8", "Save the Dockerfile as UTF-8.");
            }
        }
    }

    private static void Close(List<Stage> stages, Stage? stage, List<Instruction> instructions)
    {
        if (stage is not null)
        {
            stages.Add(stage with { Instructions = [.. instructions] });
            instructions.Clear();
        }
    }
}
