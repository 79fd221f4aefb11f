namespace Containers.Engine.Images;

/// <summary>What saving needs of the layers on disk.</summary>
internal interface ILayerSource
{
    /// <summary>Bytes of the layer's tar.</summary>
    public long TarSize(Digest diffId);

    /// <summary>Writes the layer's tar, whose digest the diff id is.</summary>
    public void WriteTar(Digest diffId, Stream target, CancellationToken cancel);

    /// <param name="progress">Told how many bytes of tar went through; on the calling thread.</param>
    public CompressedLayer Compress(Digest diffId, LayerCompression compression, IProgress<long>? progress, CancellationToken cancel);

    /// <summary>Keeps a layer from being removed until it is disposed.</summary>
    /// <exception cref="EngineException">DamagedLayer: there is no such layer.</exception>
    public IDisposable Pin(Digest diffId);
}

/// <summary>Those of the store.</summary>
internal sealed class StoredLayers(LayerStore store) : ILayerSource
{
    public long TarSize(Digest diffId) => store.TarSize(diffId);

    public void WriteTar(Digest diffId, Stream target, CancellationToken cancel) => store.WriteTar(diffId, target, cancel);

    public CompressedLayer Compress(Digest diffId, LayerCompression compression, IProgress<long>? progress, CancellationToken cancel) =>
        store.Compress(diffId, compression, progress, cancel);

    public IDisposable Pin(Digest diffId) => store.Pin(diffId) ?? throw new EngineException(
        EngineErrorKind.InvalidData, "DamagedLayer", $"The layer '{diffId}' cannot be used: it is missing or damaged.", diffId.ToString(),
        "Remove the image and pull or make it again.");
}
