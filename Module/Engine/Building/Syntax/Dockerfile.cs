namespace Containers.Engine.Building.Syntax;

/// <summary>A parsed Dockerfile: every stage with its instructions, nothing expanded.</summary>
internal sealed record Dockerfile(SourceText Source, ParserDirectives Directives)
{
    /// <summary>ARG before the first FROM, in their order.</summary>
    internal required IReadOnlyList<ArgInstruction> GlobalArgs { get; init; }

    /// <summary>At least one.</summary>
    internal required IReadOnlyList<Stage> Stages { get; init; }
}

/// <summary>FROM, and what follows until the next one.</summary>
internal sealed record Stage
{
    /// <summary>Its number, from 0.</summary>
    internal required int Index { get; init; }

    internal required Word Keyword { get; init; }

    /// <summary>An image, an earlier stage, or "scratch"; it may hold global variables.</summary>
    internal required Word BaseName { get; init; }

    /// <summary>The name after AS in lower case, which is how stages are looked up; null where it has none.</summary>
    internal string? Alias { get; init; }

    /// <summary>The name as it is written.</summary>
    internal Word? WrittenAlias { get; init; }

    /// <summary>AS, in the case it is written in.</summary>
    internal Word? AsKeyword { get; init; }

    /// <summary>os/arch[/variant] of --platform; it may hold global variables.</summary>
    internal Word? Platform { get; init; }

    /// <summary>The FROM instruction.</summary>
    internal required SourceRange Range { get; init; }

    /// <summary>The FROM instruction as one line.</summary>
    internal required string Text { get; init; }

    internal IReadOnlyList<string> Comments { get; init; } = [];

    internal IReadOnlyList<int> EmptyLines { get; init; } = [];

    internal required IReadOnlyList<Instruction> Instructions { get; init; }

    /// <summary>How messages call it: its name or its number.</summary>
    internal string DisplayName => Alias ?? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"stage-{Index}");
}
