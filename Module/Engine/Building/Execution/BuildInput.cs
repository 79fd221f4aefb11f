using Containers.Engine.Building.Syntax;

namespace Containers.Engine.Building.Execution;

/// <summary>What a build reads: the Dockerfile, and the trees that it copies from.</summary>
internal sealed class BuildInput : IDisposable
{
    private readonly List<IDisposable> _held = [];

    internal required Dockerfile File { get; init; }

    /// <summary>The build context; null where there is none.</summary>
    internal SourceTree? Context { get; init; }

    /// <summary>Contexts with names, by <see cref="NamedContext.KeyOf"/>.</summary>
    internal IReadOnlyDictionary<string, NamedContext> Named { get; init; } = new Dictionary<string, NamedContext>();

    /// <summary>The named context that a word means; null for none.</summary>
    internal NamedContext? FindNamed(string name) => Named.GetValueOrDefault(NamedContext.KeyOf(name));

    /// <summary>Disposes a context with this.</summary>
    internal void Hold(IDisposable context) => _held.Add(context);

    public void Dispose()
    {
        _held.ForEach(one => one.Dispose());
        _held.Clear();
    }
}
