namespace Containers.Engine.Images;

/// <summary>Layers as archives again: the very bytes they came from.</summary>
internal sealed unsafe partial class LayerStore
{
    /// <summary>Bytes of the layer's tar.</summary>
    /// <exception cref="EngineException">DamagedLayer.</exception>
    internal long TarSize(Digest diffId) => throw new NotImplementedException();

    /// <summary>Writes the layer's tar, byte for byte what its diff id says; checked while it is written.</summary>
    /// <exception cref="EngineException">DamagedLayer: a file is missing or is not what it was.</exception>
    internal void WriteTar(Digest diffId, Stream target, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>The layer as a blob. The same layer and compression always give the same bytes.</summary>
    /// <param name="progress">Told how many bytes of tar went through; on the calling thread.</param>
    internal CompressedLayer Compress(Digest diffId, LayerCompression compression, IProgress<long>? progress, CancellationToken cancel) =>
        throw new NotImplementedException();

    /// <summary>Reads the whole layer and compares; null where it is sound, else what is wrong.</summary>
    internal string? Verify(Digest diffId, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Blobs that are known to hold this layer, newest first.</summary>
    internal IReadOnlyList<LayerBlob> Blobs(Digest diffId) => throw new NotImplementedException();

    /// <summary>Keeps what a pull, push or compression found out; at most 16 for a layer. Losing one costs time only.</summary>
    internal void Remember(Digest diffId, LayerBlob blob) => throw new NotImplementedException();

    /// <summary>Keeps a complete layer from being removed until it is disposed; null where there is no such layer, or it is damaged.</summary>
    internal IDisposable? Pin(Digest diffId) => throw new NotImplementedException();
}

/// <summary>A blob that holds a layer.</summary>
internal sealed record LayerBlob
{
    public required string Digest { get; init; }

    /// <summary>Bytes.</summary>
    public required long Size { get; init; }

    public required string MediaType { get; init; }

    /// <summary>domain/repository where it is; null for one that was only computed here.</summary>
    public string? Repository { get; init; }
}
