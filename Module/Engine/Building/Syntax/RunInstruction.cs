namespace Containers.Engine.Building.Syntax;

/// <summary>Which network a RUN has.</summary>
internal enum RunNetwork
{
    Default,
    None,
    Host,
}

internal enum RunMountType
{
    Bind,
    Cache,
    Tmpfs,
    Secret,
    Ssh,
}

internal enum CacheSharing
{
    Shared,
    Private,
    Locked,
}

/// <summary>RUN with its options. What it runs is <see cref="Script"/>.</summary>
internal sealed record RunInstruction(InstructionHeader Header, CommandLine Command) : Instruction(Header)
{
    /// <summary>One for each --mount, checked as far as that is possible before variables are known.</summary>
    internal IReadOnlyList<RunMount> Mounts { get; init; } = [];

    internal RunNetwork Network { get; init; }

    /// <summary>What is run, heredocs put in their places.</summary>
    internal RunScript Script => RunScript.From(this);

    internal override Instruction Expand(WordExpander expander) => Mounts.Count == 0
        ? this
        : this with { Mounts = [.. Mounts.Select(mount => RunMountParser.Parse(mount.Written, expander))] };
}

/// <summary>
/// A --mount of a RUN. Before <see cref="Instruction.Expand"/> only <see cref="From"/> and <see cref="Written"/> are known.
/// </summary>
internal sealed record RunMount(Word Written)
{
    internal RunMountType Type { get; init; }

    /// <summary>A stage, a named context or an image; null for the build context (bind) or nothing (cache).</summary>
    internal Word? From { get; init; }

    /// <summary>A path in From; of a secret its id. Empty for the root.</summary>
    internal string Source { get; init; } = "";

    /// <summary>Where it appears, relative to the working directory; empty for secrets and ssh only, which have a usual place.</summary>
    internal string Target { get; init; } = "";

    internal bool ReadOnly { get; init; }

    /// <summary>Bytes of a tmpfs; 0 for no limit.</summary>
    internal long Size { get; init; }

    /// <summary>The id of a cache, secret or ssh socket; empty where none is written.</summary>
    internal string Id { get; init; } = "";

    internal CacheSharing Sharing { get; init; }

    internal bool Required { get; init; }

    /// <summary>The variable that a secret becomes; null for none, empty for one that is named like the id.</summary>
    internal string? Variable { get; init; }

    internal uint? Mode { get; init; }

    internal uint? Uid { get; init; }

    internal uint? Gid { get; init; }

    /// <summary>The path in From, for a look at it.</summary>
    internal Word SourcePath => new(Source.Trim('/') is { Length: > 0 } path ? path : ".", Written.Range);

    /// <summary>The agent of a mount of type ssh.</summary>
    internal string AgentId => Id.Length > 0 ? Id : "default";

    /// <summary>As docker has it: a secret without an id is called by its source, or by the last name of its target.</summary>
    internal string SecretId => Id.Length > 0 ? Id : Source.Length > 0 ? Source : Target[(Target.LastIndexOf('/') + 1)..];
}
