namespace Containers.Engine.Building.Syntax;

/// <summary>What ADD and COPY have in common.</summary>
internal abstract record FileInstruction(InstructionHeader Header) : Instruction(Header)
{
    /// <summary>Paths, patterns, of ADD also URLs; without the heredocs, which come after them.</summary>
    internal required IReadOnlyList<Word> Sources { get; init; }

    /// <summary>Files that are written in the Dockerfile itself.</summary>
    internal IReadOnlyList<Heredoc> Contents { get; init; } = [];

    internal required Word Destination { get; init; }

    /// <summary>user[:group], names or numbers; null where it is not written.</summary>
    internal Word? Chown { get; init; }

    /// <summary>Octal, or symbolic as chmod(1) has it (u=rwX,go=rX).</summary>
    internal Word? Chmod { get; init; }

    internal bool Link { get; init; }

    /// <summary>Patterns as in .dockerignore; they are not expanded.</summary>
    internal IReadOnlyList<Word> Excludes { get; init; } = [];

    internal override Instruction Expand(WordExpander expander) => this with
    {
        Chown = expander.ExpandOptional(Chown),
        Chmod = expander.ExpandOptional(Chmod),
        Sources = [.. Sources.Select(expander.Expand)],
        Destination = expander.Expand(Destination),
        Contents = [.. Contents.Select(expander.ExpandContent)],
    };
}

internal sealed record CopyInstruction(InstructionHeader Header) : FileInstruction(Header)
{
    /// <summary>A stage's name or number, a named context or an image; null for the build context. It takes no variables.</summary>
    internal Word? From { get; init; }

    /// <summary>The directories above each source are kept.</summary>
    internal bool Parents { get; init; }
}

internal sealed record AddInstruction(InstructionHeader Header) : FileInstruction(Header)
{
    /// <summary>sha256:HEX of a URL, or a commit of a git repository.</summary>
    internal Word? Checksum { get; init; }

    /// <summary>Keep .git of a git source; null where it is not written.</summary>
    internal bool? KeepGitDirectory { get; init; }

    /// <summary>Unpack archives; null where it is not written: local ones are unpacked then, downloaded ones are not.</summary>
    internal bool? Unpack { get; init; }

    internal override Instruction Expand(WordExpander expander) =>
        (AddInstruction)base.Expand(expander) with { Checksum = expander.ExpandOptional(Checksum) };
}
