namespace Containers.Engine.Images;

/// <summary>A manifest as its registry or archive had it: the very bytes, so that a push can repeat them.</summary>
internal sealed record StoredManifest
{
    public required Digest Digest { get; init; }

    public required string MediaType { get; init; }

    public required ReadOnlyMemory<byte> Content { get; init; }
}

/// <summary>A layer that is about to be received. Its content is opened when, and only if, the store lacks it.</summary>
internal sealed record IncomingLayer
{
    /// <summary>
    /// Of the bytes that <see cref="Open"/> gives, compressed or not; checked while they stream. Null where the source does not say.
    /// </summary>
    public Digest? Digest { get; init; }

    /// <summary>Number of those bytes, checked as well; null where the source does not say.</summary>
    public long? Size { get; init; }

    /// <summary>
    /// Where this blob can be had again ("docker.io/library/alpine"), for pushes that mount it from there; null for archives.
    /// </summary>
    public string? Repository { get; init; }

    public string MediaType { get; init; } = "";

    /// <summary>
    /// Opens the content at its beginning; called on a worker thread, once for each attempt. The stream survives cuts by itself where it
    /// can.
    /// </summary>
    public required Func<CancellationToken, Stream> Open { get; init; }
}

/// <summary>An image that is about to be received: everything of it but the layers' content is here and small.</summary>
internal sealed record IncomingImage
{
    /// <summary>The configuration's very bytes; their digest is the image's id. At most 4 MiB.</summary>
    public required ReadOnlyMemory<byte> Config { get; init; }

    /// <summary>Bottom first, as many as the configuration has diff ids.</summary>
    public required IReadOnlyList<IncomingLayer> Layers { get; init; }

    /// <summary>What it was called for by; null for archives without one.</summary>
    public StoredManifest? Manifest { get; init; }

    /// <summary>Names it gets, tags as well as repository@digest; one that another image has moves over.</summary>
    public IReadOnlyList<ImageReference> References { get; init; } = [];
}

internal sealed record ReceiveOptions
{
    public ImportLimits Limits { get; init; } = new();

    /// <summary>Layers at a time.</summary>
    public int Parallel { get; init; } = 3;

    /// <summary>Told about every fifth of a second, on the calling thread.</summary>
    public IProgress<TransferProgress>? Progress { get; init; }

    /// <summary>Told about what could not be kept, one sentence each, on the calling thread.</summary>
    public Action<string>? Warning { get; init; }

    /// <summary>What the progress calls it.</summary>
    public string Subject { get; init; } = "";
}
