namespace Containers.Engine.Storage;

/// <summary>A way to keep containers' file systems, and whether this host can do it.</summary>
public sealed record StorageDriverInfo
{
    /// <summary>overlay, btrfs or vfs.</summary>
    public required string Name { get; init; }

    /// <summary>New containers get it.</summary>
    public bool Current { get; init; }

    public bool Available { get; init; }

    /// <summary>Why not, or what it means here, as a sentence; null where there is nothing to say.</summary>
    public string? Reason { get; init; }

    /// <summary>Containers that use it.</summary>
    public int Containers { get; init; }

    /// <summary>Facts as docker info lists them: "Backing Filesystem" = "ext4", "Native Overlay Diff" = "true".</summary>
    public IReadOnlyDictionary<string, string> Status { get; init; } = new Dictionary<string, string>();

    public override string ToString() => Name;
}

/// <summary>One row of what the store takes up.</summary>
public sealed record StorageUsage
{
    /// <summary>Images, Containers, Volumes, Build cache, Unused layers.</summary>
    public required string Type { get; init; }

    public int Total { get; init; }

    /// <summary>In use.</summary>
    public int Active { get; init; }

    /// <summary>Bytes on disk.</summary>
    public long Size { get; init; }

    /// <summary>Bytes that Clear-ContainerStorage would free.</summary>
    public long Reclaimable { get; init; }

    /// <summary>The things themselves, largest first; only where asked for.</summary>
    public IReadOnlyList<StorageItem> Items { get; init; } = [];
}

/// <summary>One thing in the store.</summary>
public sealed record StorageItem
{
    public required string Type { get; init; }

    public required string Id { get; init; }

    public string Name { get; init; } = "";

    public long Size { get; init; }

    public bool InUse { get; init; }
}

/// <summary>What is to be cleared. Nothing of it is the default set: stopped containers, dangling images, leftovers.</summary>
public sealed record PruneOptions
{
    public bool Containers { get; init; }

    /// <summary>Images without a name that no container uses.</summary>
    public bool DanglingImages { get; init; }

    /// <summary>All images that no container uses.</summary>
    public bool AllImages { get; init; }

    public bool Networks { get; init; }

    /// <summary>Anonymous volumes that no container has. Never part of the default set: they may hold data.</summary>
    public bool Volumes { get; init; }

    /// <summary>All volumes that no container has.</summary>
    public bool AllVolumes { get; init; }

    /// <summary>What builds keep. Never part of the default set: it is there to be used again.</summary>
    public bool BuildCache { get; init; }

    /// <summary>The build cache is cleared, the longest unused first, until it has no more than these bytes; null for all of it.</summary>
    public long? KeepBuildCache { get; init; }

    /// <summary>Only what was made before this moment, or, of the build cache, last used, of containers, ended before it.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>Only what has all these labels; a null value stands for any.</summary>
    public IReadOnlyDictionary<string, string?> Labels { get; init; } = new Dictionary<string, string?>();
}

/// <summary>One thing that was cleared, or would be.</summary>
public sealed record ReclaimedItem
{
    /// <summary>Container, Image, Volume, Layer, Network, BuildCache, CacheMount, Leftover.</summary>
    public required string Type { get; init; }

    public required string Id { get; init; }

    public string Name { get; init; } = "";

    /// <summary>Bytes on disk.</summary>
    public long Size { get; init; }

    public override string ToString() => Type + " " + (Name.Length > 0 ? Name : Id);
}

/// <summary>One finding about the store.</summary>
public sealed record HostCheckResult
{
    /// <summary>Stable: LayerDamaged, LayerMissing, LayerUnused, ImageDamaged, TagDangling, TagDamaged, ContainerDamaged, ContainerImageMissing, Leftover.</summary>
    public required string Check { get; init; }

    /// <summary>False for what is only worth knowing.</summary>
    public bool IsError { get; init; }

    /// <summary>What it is about.</summary>
    public required string Target { get; init; }

    /// <summary>One sentence.</summary>
    public required string Message { get; init; }

    /// <summary>What to do about it.</summary>
    public string Action { get; init; } = "";
}
