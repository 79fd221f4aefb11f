namespace Containers.Engine.Images;

/// <summary>The one way in for images that somebody else made: pulls and loads.</summary>
public sealed partial class ImageStore
{
    internal LayerStore Layers => _layers;

    /// <summary>
    /// Takes an image in. Layers that are here are not opened; the others come side by side, each checked by digest, size and diff id while it is
    /// extracted, and each kept as soon as it is whole. Two sessions never fetch the same layer twice: the second one waits for the first.
    /// </summary>
    /// <exception cref="EngineException">
    /// DigestMismatch, LayerMismatch (diff id, or number of layers), InvalidImageConfig, DiskFull, what an import throws, what Open throws.
    /// The image is there whole, or not at all.
    /// </exception>
    internal ContainerImage Receive(IncomingImage image, ReceiveOptions options, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>The configuration's own bytes, checked.</summary>
    /// <exception cref="EngineException">DamagedImage.</exception>
    internal byte[] ReadConfig(Digest id) => throw new NotImplementedException();

    /// <summary>Manifests it was received by, newest first; at most 8.</summary>
    internal IReadOnlyList<StoredManifest> Manifests(Digest id) => throw new NotImplementedException();

    /// <summary>Puts names on an image that is here.</summary>
    internal void SetReferences(Digest id, IReadOnlyList<ImageReference> references, CancellationToken cancel) => throw new NotImplementedException();
}
