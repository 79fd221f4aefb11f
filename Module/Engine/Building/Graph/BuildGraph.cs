using System.Globalization;
using Containers.Engine.Building.Syntax;

namespace Containers.Engine.Building.Graph;

/// <summary>What a stage stands on.</summary>
/// <param name="Stage">Number of an earlier stage; null for an image.</param>
/// <param name="Image">Name of an image or of a named context; null for a stage, and for scratch.</param>
internal sealed record StageBase(int? Stage, Word? Image);

/// <summary>A stage that is needed, and the stages that it needs.</summary>
internal sealed record StageNode(Stage Stage, StageBase Base)
{
    /// <summary>Os/architecture of FROM --platform, expanded; null where it says none.</summary>
    internal Word? Platform { get; init; }

    /// <summary>Numbers of the stages whose files its instructions read.</summary>
    internal required IReadOnlyList<int> Sources { get; init; }
}

/// <summary>
/// The stages that a target needs. A stage can only refer to earlier ones (later names mean images), so there are no cycles, and what is not
/// reached from the target is not built.
/// </summary>
internal sealed class BuildGraph
{
    private readonly Dockerfile _file;
    private readonly SortedDictionary<int, StageNode> _nodes = [];

    private readonly Func<string, bool> _isNamed;

    private BuildGraph(Dockerfile file, Func<string, bool> isNamed) => (_file, _isNamed) = (file, isNamed);

    /// <summary>The needed stages by their numbers, the target last.</summary>
    internal IReadOnlyDictionary<int, StageNode> Nodes => _nodes;

    internal int Target { get; private init; }

    /// <param name="isNamed">Whether a context has this name: it then stands for the stage of that name, of which nothing is done.</param>
    /// <exception cref="EngineException">TargetNotFound, InvalidDockerfile.</exception>
    internal static BuildGraph Create(Dockerfile file, GlobalVariables globals, string? target, Func<string, bool> isNamed)
    {
        BuildGraph graph = new(file, isNamed) { Target = FindTarget(file, target).Index };
        graph.Add(graph.Target, globals);
        return graph;
    }

    /// <summary>A stage by its number or name; null for the last one.</summary>
    /// <exception cref="EngineException">TargetNotFound.</exception>
    internal static Stage FindTarget(Dockerfile file, string? target)
    {
        if (target is null)
        {
            return file.Stages[^1];
        }

        return Find(file, target, file.Stages.Count) ?? throw new EngineException(
            EngineErrorKind.ObjectNotFound, "TargetNotFound", $"'{file.Source.Name}' has no stage \"{target}\".", target,
            "Its stages are: " + string.Join(", ", file.Stages.Select(stage => stage.Alias ?? stage.Index.ToString(CultureInfo.InvariantCulture))) + ".");
    }

    /// <summary>The stage that COPY --from and RUN --mount,from of a stage mean; null for a context or an image.</summary>
    internal int? FindSource(Word from, Stage user) => Find(_file, from.Text, user.Index)?.Index;

    /// <summary>The words of a stage that name images, or contexts, which files are taken from.</summary>
    internal IEnumerable<Word> ImageSources(Stage stage) => stage.Instructions.SelectMany(References).Where(from => FindSource(from, stage) is null);

    /// <summary>What a word names: the last stage of that name, so that a name used twice is the nearer one, or a number.</summary>
    private static Stage? Find(Dockerfile file, string name, int before)
    {
        string lower = name.ToLowerInvariant();
        for (int i = before - 1; i >= 0; i--)
        {
            if (file.Stages[i].Alias == lower)
            {
                return file.Stages[i];
            }
        }

        return int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < before ? file.Stages[number] : null;
    }

    private void Add(int index, GlobalVariables globals)
    {
        if (_nodes.ContainsKey(index))
        {
            return;
        }

        Stage stage = _file.Stages[index];
        if (stage.Alias is { } alias && _isNamed(alias))
        {
            _nodes[index] = new StageNode(stage with { Instructions = [] }, new StageBase(null, stage.BaseName with { Text = alias })) { Sources = [] };
            return;
        }

        WordExpander expander = new(globals, _file.Directives.Escape);
        Word name = expander.Expand(stage.BaseName);
        if (name.Text.Length == 0)
        {
            throw SourceText.Invalid(
                stage.BaseName.Range, $"the name of the base is empty: '{stage.BaseName.Text}' has no value",
                "Give it with -BuildArgument, or a default with ARG before the first FROM.");
        }

        Word? platform = expander.ExpandOptional(stage.Platform);
        if (platform is null && stage.Platform is { Text.Length: > 0 } written)
        {
            throw SourceText.Invalid(
                written.Range, $"the platform is empty: '{written.Text}' has no value",
                "Give it with -BuildArgument, or a default with ARG before the first FROM.");
        }

        Stage? named = Find(_file, name.Text, index) is { } found && found.Alias is not null ? found : null;
        StageBase from = named is not null ? new StageBase(named.Index, null)
            : name.Text == "scratch" ? new StageBase(null, null)
            : new StageBase(null, name);
        SortedSet<int> sources = [];
        foreach (Word reference in stage.Instructions.SelectMany(References))
        {
            if (FindSource(reference, stage) is int source)
            {
                sources.Add(source);
            }
        }

        _nodes[index] = new StageNode(stage, from) { Sources = [.. sources], Platform = platform };
        foreach (int needed in sources)
        {
            Add(needed, globals);
        }

        if (from.Stage is int below)
        {
            Add(below, globals);
        }
    }

    private static IEnumerable<Word> References(Instruction instruction) => instruction switch
    {
        CopyInstruction { From: { } from } => [from],
        RunInstruction run => run.Mounts.Select(mount => mount.From).OfType<Word>(),
        OnBuildInstruction => [], // It is for the builds on top of this one.
        _ => [],
    };
}
