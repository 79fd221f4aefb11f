namespace Containers.Engine.Storage;

/// <summary>What happened to a path, as docker diff says it.</summary>
public enum ChangeKind
{
    Added,
    Changed,
    Deleted,
}

/// <summary>What a node of a file system is.</summary>
public enum ChangedFileType
{
    File,
    Directory,
    SymbolicLink,
    Device,
    Other,
}

/// <summary>One difference between a container and its image, or between two images.</summary>
public sealed record ContainerChange
{
    public ChangeKind Kind { get; init; }

    /// <summary>Absolute, in the container. Bytes that are no UTF-8 are shown as \xNN.</summary>
    public required string Path { get; init; }

    public ChangedFileType Type { get; init; }

    /// <summary>Bytes; 0 for what is no file or is gone.</summary>
    public long Size { get; init; }

    /// <summary>The container's name; null between images.</summary>
    public string? Container { get; init; }

    /// <summary>docker's letter: A, C or D.</summary>
    public string Letter => Kind switch { ChangeKind.Added => "A", ChangeKind.Changed => "C", _ => "D" };

    public override string ToString() => Letter + " " + Path;
}
