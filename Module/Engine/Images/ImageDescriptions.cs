namespace Containers.Engine.Images;

/// <summary>One step in the making of an image, newest first as docker history has it.</summary>
public sealed record ImageHistoryEntry
{
    public DateTimeOffset? Created { get; init; }

    public string CreatedBy { get; init; } = "";

    /// <summary>Bytes of file content in the step's layer; 0 where it made none.</summary>
    public long Size { get; init; }

    public string Comment { get; init; } = "";

    public string Author { get; init; } = "";

    /// <summary>Diff id of the step's layer; null where it made none.</summary>
    public string? LayerId { get; init; }

    public bool EmptyLayer => LayerId is null;

    /// <summary>Of the whole image, on the newest entry only; null on the others.</summary>
    public string? ImageId { get; init; }
}

/// <summary>A layer of an image.</summary>
public sealed record ImageLayer
{
    /// <summary>0 is the bottom.</summary>
    public required int Index { get; init; }

    /// <summary>"sha256:" and 64 digits: of its uncompressed tar.</summary>
    public required string DiffId { get; init; }

    public string ShortId => DiffId.Length < 19 ? DiffId : DiffId[7..19];

    /// <summary>Bytes of file content.</summary>
    public long Size { get; init; }

    /// <summary>What made it, from the history; empty where the history does not say.</summary>
    public string CreatedBy { get; init; } = "";

    /// <summary>Where its files are on this host.</summary>
    public string Path { get; init; } = "";

    /// <summary>Images of this host that have it.</summary>
    public IReadOnlyList<string> Images { get; init; } = [];

    /// <summary>Blobs that registries hold of it: "docker.io/library/alpine@sha256:…" each.</summary>
    public IReadOnlyList<string> Blobs { get; init; } = [];
}

/// <summary>Everything that is known of an image.</summary>
public sealed record ContainerImageDetail
{
    public required ContainerImage Image { get; init; }

    public required ImageConfig Config { get; init; }

    public required IReadOnlyList<ImageLayer> Layers { get; init; }

    public required IReadOnlyList<ImageHistoryEntry> History { get; init; }

    /// <summary>The configuration's own bytes, as text.</summary>
    public required string ConfigJson { get; init; }

    /// <summary>The manifest it was pulled by, as text; null where it was made here.</summary>
    public string? ManifestJson { get; init; }

    public override string ToString() => Image.ToString();
}
