namespace Containers.Engine.Building;

/// <summary>What the build cache keeps: the result of a step, a part of a context that a RUN mounted, a directory of RUN --mount=type=cache, or
/// a file that ADD downloaded.</summary>
public sealed record BuildCacheEntry
{
    /// <summary>64 hexadecimal digits: the hash of all that the step depends on. Of mounts and downloads the name of their directory.</summary>
    public required string Id { get; init; }

    /// <summary>RUN, COPY, ADD, WORKDIR, Context, Squash, Mount or Download.</summary>
    public required string Kind { get; init; }

    /// <summary>The instruction, the id of the cache mount, or the address.</summary>
    public required string Description { get; init; }

    /// <summary>Bytes of the layer or directory; 0 for a step that changed nothing.</summary>
    public long Size { get; init; }

    public DateTimeOffset Created { get; init; }

    public DateTimeOffset LastUsed { get; init; }

    /// <summary>How often it spared a step. Not counted for mounts and downloads.</summary>
    public int UseCount { get; init; }

    /// <summary>An image has its layer, so that removing the entry frees nothing; of a cache mount: a step uses it right now.</summary>
    public bool InUse { get; init; }

    /// <summary>Ids of the entries that this step stood on.</summary>
    public IReadOnlyList<string> Parents { get; init; } = [];

    /// <summary>Digest of the layer; null where there is none.</summary>
    public string? LayerId { get; init; }

    public override string ToString() => Description;
}
