namespace Containers.Engine.Building.Execution;

/// <summary>A directory of the root that is copied into: one of the stage's layers, or one that the copy makes. Only the engine writes there.</summary>
internal sealed class TargetDirectory
{
    /// <summary>Null for the root.</summary>
    internal required TargetDirectory? Parent { get; init; }

    /// <summary>Relative to the root, with a slash at its end; empty for the root.</summary>
    internal required byte[] Path { get; init; }

    /// <summary>The layers below have it.</summary>
    internal required bool Exists { get; init; }

    /// <summary>The new layer has it.</summary>
    internal bool Written { get; set; }

    /// <summary>What the new layer has in it: directories, and null for anything else.</summary>
    internal Dictionary<string, TargetDirectory?> Made { get; } = new(StringComparer.Ordinal);
}
