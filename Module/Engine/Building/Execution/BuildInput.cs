using Containers.Engine.Building.Syntax;

namespace Containers.Engine.Building.Execution;

/// <summary>What a build reads: the Dockerfile, and the trees that it copies from.</summary>
internal sealed class BuildInput : IDisposable
{
    internal required Dockerfile File { get; init; }

    /// <summary>The build context; null where there is none.</summary>
    internal SourceTree? Context { get; init; }

    /// <summary>Contexts with names, which COPY --from and FROM may use.</summary>
    internal IReadOnlyDictionary<string, SourceTree> Named { get; init; } = new Dictionary<string, SourceTree>();

    public void Dispose()
    {
        Context?.Dispose();
        foreach (SourceTree tree in Named.Values)
        {
            tree.Dispose();
        }
    }
}
