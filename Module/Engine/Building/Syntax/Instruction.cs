namespace Containers.Engine.Building.Syntax;

/// <summary>One instruction of a Dockerfile, without FROM, which is the <see cref="Stage"/>.</summary>
internal abstract record Instruction
{
    /// <summary>The first word as it is written, in whatever case.</summary>
    internal required Word Keyword { get; init; }

    /// <summary>From the keyword to the end of its last line, heredocs left out.</summary>
    internal required SourceRange Range { get; init; }

    /// <summary>The whole instruction as one line: continuations joined, comments between dropped, ends trimmed.</summary>
    internal required string Text { get; init; }

    /// <summary>The comments right above it, without "#".</summary>
    internal IReadOnlyList<string> Comments { get; init; } = [];

    /// <summary>The documents that follow it: of RUN, COPY, ADD, and of ONBUILD with one of these.</summary>
    internal IReadOnlyList<Heredoc> Heredocs { get; init; } = [];

    /// <summary>Lines of it that are empty although the one before is continued. Each is a finding.</summary>
    internal IReadOnlyList<int> EmptyLines { get; init; } = [];

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
internal sealed record ArgInstruction(IReadOnlyList<ArgumentDefinition> Arguments) : Instruction;

/// <param name="Default">Not expanded; null where there is none.</param>
internal sealed record ArgumentDefinition(string Name, string? Default, SourceRange Range);

/// <param name="Legacy">Written with a blank instead of "=": NAME the rest of the line.</param>
internal sealed record KeyValue(string Name, string Value, bool Legacy, SourceRange Range)
{
    internal KeyValue Expand(WordExpander expander) =>
        this with { Name = expander.Expand(Name, Range), Value = expander.Expand(Value, Range) };
}

/// <summary>ENV NAME=value ..., or ENV NAME value. None of them sees what another of the same instruction sets.</summary>
internal sealed record EnvInstruction(IReadOnlyList<KeyValue> Pairs) : Instruction
{
    internal override Instruction Expand(WordExpander expander) => this with { Pairs = [.. Pairs.Select(one => one.Expand(expander))] };
}

/// <summary>LABEL name=value ..., or LABEL name value.</summary>
internal sealed record LabelInstruction(IReadOnlyList<KeyValue> Pairs) : Instruction
{
    internal override Instruction Expand(WordExpander expander) => this with { Pairs = [.. Pairs.Select(one => one.Expand(expander))] };
}

internal sealed record MaintainerInstruction(string Author) : Instruction;

internal sealed record CmdInstruction(CommandLine Command) : Instruction;

internal sealed record EntrypointInstruction(CommandLine Command) : Instruction;

internal sealed record ShellInstruction(IReadOnlyList<string> Shell) : Instruction;

/// <summary>EXPOSE port[-port][/protocol] ...; the words may hold variables that expand to several ports.</summary>
internal sealed record ExposeInstruction(IReadOnlyList<Word> Ports) : Instruction
{
    internal override Instruction Expand(WordExpander expander) => this with { Ports = [.. Ports.SelectMany(expander.Split)] };
}

internal sealed record VolumeInstruction(IReadOnlyList<Word> Paths) : Instruction
{
    internal override Instruction Expand(WordExpander expander) => this with { Paths = [.. Paths.Select(expander.Expand)] };
}

internal sealed record UserInstruction(Word User) : Instruction
{
    internal override Instruction Expand(WordExpander expander) => this with { User = expander.Expand(User) };
}

internal sealed record WorkdirInstruction(Word Path) : Instruction
{
    internal override Instruction Expand(WordExpander expander) => this with { Path = expander.Expand(Path) };
}

internal sealed record StopSignalInstruction(Word Signal) : Instruction
{
    internal override Instruction Expand(WordExpander expander) => this with { Signal = expander.Expand(Signal) };
}

/// <param name="Expression">What becomes part of the image: the instruction as it is written, with its heredocs.</param>
/// <param name="Trigger">The same, parsed.</param>
internal sealed record OnBuildInstruction(string Expression, Instruction Trigger) : Instruction;

/// <summary>HEALTHCHECK NONE, or CMD with its options; times are zero where nothing is said.</summary>
/// <param name="Command">Null for NONE.</param>
internal sealed record HealthcheckInstruction(CommandLine? Command) : Instruction
{
    internal TimeSpan Interval { get; init; }

    internal TimeSpan Timeout { get; init; }

    internal TimeSpan StartPeriod { get; init; }

    internal TimeSpan StartInterval { get; init; }

    /// <summary>Zero where nothing is said.</summary>
    internal int Retries { get; init; }
}
