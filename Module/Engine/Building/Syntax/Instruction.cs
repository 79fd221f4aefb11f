namespace Containers.Engine.Building.Syntax;

/// <summary>What every instruction has.</summary>
/// <param name="Keyword">The first word as it is written, in whatever case.</param>
/// <param name="Range">From the keyword to the end of its last line, heredocs left out.</param>
/// <param name="Text">The whole instruction as one line: continuations joined, comments between dropped, ends trimmed.</param>
internal sealed record InstructionHeader(Word Keyword, SourceRange Range, string Text)
{
    internal IReadOnlyList<string> Comments { get; init; } = [];

    internal IReadOnlyList<Heredoc> Heredocs { get; init; } = [];

    internal IReadOnlyList<int> EmptyLines { get; init; } = [];
}

/// <summary>One instruction of a Dockerfile, without FROM, which is the <see cref="Stage"/>.</summary>
internal abstract record Instruction(InstructionHeader Header)
{
    /// <summary>The first word as it is written, in whatever case.</summary>
    internal Word Keyword => Header.Keyword;

    /// <summary>From the keyword to the end of its last line, heredocs left out.</summary>
    internal SourceRange Range => Header.Range;

    /// <summary>The whole instruction as one line.</summary>
    internal string Text => Header.Text;

    /// <summary>The comments right above it, without "#".</summary>
    internal IReadOnlyList<string> Comments => Header.Comments;

    /// <summary>The documents that follow it: of RUN, COPY, ADD, and of ONBUILD with one of these.</summary>
    internal IReadOnlyList<Heredoc> Heredocs => Header.Heredocs;

    /// <summary>Lines of it that are empty although the one before is continued. Each is a finding.</summary>
    internal IReadOnlyList<int> EmptyLines => Header.EmptyLines;

    /// <summary>The keyword in upper case.</summary>
    internal string Name => Keyword.Text.ToUpperInvariant();

    /// <summary>
    /// The instruction with its variables replaced, by the rules of its kind; most kinds have none. ARG is not among them: its values
    /// depend on what was given to the build (<see cref="StageVariables"/>).
    /// </summary>
    /// <exception cref="EngineException">A variable cannot be replaced: InvalidDockerfile, or DockerfileVariableRequired for ${v:?}.</exception>
    internal virtual Instruction Expand(WordExpander expander) => this;
}

/// <summary>ARG NAME[=default] ...</summary>
internal sealed record ArgInstruction(InstructionHeader Header, IReadOnlyList<ArgumentDefinition> Arguments) : Instruction(Header);

/// <param name="Default">Not expanded; null where there is none.</param>
internal sealed record ArgumentDefinition(string Name, string? Default, SourceRange Range);

/// <param name="Legacy">Written with a blank instead of "=": NAME the rest of the line.</param>
internal sealed record KeyValue(string Name, string Value, bool Legacy, SourceRange Range)
{
    internal KeyValue Expand(WordExpander expander) =>
        this with { Name = expander.Expand(Name, Range), Value = expander.Expand(Value, Range) };
}

/// <summary>ENV NAME=value ..., or ENV NAME value. None of them sees what another of the same instruction sets.</summary>
internal sealed record EnvInstruction(InstructionHeader Header, IReadOnlyList<KeyValue> Pairs) : Instruction(Header)
{
    internal override Instruction Expand(WordExpander expander) => this with { Pairs = [.. Pairs.Select(one => one.Expand(expander))] };
}

/// <summary>LABEL name=value ..., or LABEL name value.</summary>
internal sealed record LabelInstruction(InstructionHeader Header, IReadOnlyList<KeyValue> Pairs) : Instruction(Header)
{
    internal override Instruction Expand(WordExpander expander) => this with { Pairs = [.. Pairs.Select(one => one.Expand(expander))] };
}

internal sealed record MaintainerInstruction(InstructionHeader Header, string Author) : Instruction(Header);

internal sealed record CmdInstruction(InstructionHeader Header, CommandLine Command) : Instruction(Header);

internal sealed record EntrypointInstruction(InstructionHeader Header, CommandLine Command) : Instruction(Header);

internal sealed record ShellInstruction(InstructionHeader Header, IReadOnlyList<string> Shell) : Instruction(Header);

/// <summary>EXPOSE port[-port][/protocol] ...; the words may hold variables that expand to several ports.</summary>
internal sealed record ExposeInstruction(InstructionHeader Header, IReadOnlyList<Word> Ports) : Instruction(Header)
{
    internal override Instruction Expand(WordExpander expander) => this with { Ports = [.. Ports.SelectMany(expander.Split)] };
}

internal sealed record VolumeInstruction(InstructionHeader Header, IReadOnlyList<Word> Paths) : Instruction(Header)
{
    internal override Instruction Expand(WordExpander expander) => this with { Paths = [.. Paths.Select(expander.Expand)] };
}

internal sealed record UserInstruction(InstructionHeader Header, Word User) : Instruction(Header)
{
    internal override Instruction Expand(WordExpander expander) => this with { User = expander.Expand(User) };
}

internal sealed record WorkdirInstruction(InstructionHeader Header, Word Path) : Instruction(Header)
{
    internal override Instruction Expand(WordExpander expander) => this with { Path = expander.Expand(Path) };
}

internal sealed record StopSignalInstruction(InstructionHeader Header, Word Signal) : Instruction(Header)
{
    internal override Instruction Expand(WordExpander expander) => this with { Signal = expander.Expand(Signal) };
}

/// <param name="Expression">What becomes part of the image: the instruction as it is written, with its heredocs.</param>
/// <param name="Trigger">The same, parsed.</param>
internal sealed record OnBuildInstruction(InstructionHeader Header, string Expression, Instruction Trigger) : Instruction(Header);

/// <summary>HEALTHCHECK NONE, or CMD with its options; times are zero where nothing is said.</summary>
/// <param name="Command">Null for NONE.</param>
internal sealed record HealthcheckInstruction(InstructionHeader Header, CommandLine? Command) : Instruction(Header)
{
    internal TimeSpan Interval { get; init; }

    internal TimeSpan Timeout { get; init; }

    internal TimeSpan StartPeriod { get; init; }

    internal TimeSpan StartInterval { get; init; }

    /// <summary>Zero where nothing is said.</summary>
    internal int Retries { get; init; }
}
