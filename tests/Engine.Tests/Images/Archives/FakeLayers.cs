using System.IO.Compression;
using Containers.Engine.Images;
using Containers.Engine.Linux;

namespace Containers.Engine.Tests.Images.Archives;

/// <summary>Layers in memory, in place of those of a store.</summary>
internal sealed class FakeLayers(string folder, params byte[][] layers) : ILayerSource
{
    private readonly Dictionary<Digest, byte[]> _layers = layers.ToDictionary(layer => Digest.Of(layer));

    internal int Pinned { get; private set; }

    internal Action? OnWrite { get; set; }

    public long TarSize(Digest diffId) => _layers[diffId].Length;

    public void WriteTar(Digest diffId, Stream target, CancellationToken cancel)
    {
        target.Write(_layers[diffId].AsSpan(0, 512));
        OnWrite?.Invoke();
        target.Write(_layers[diffId].AsSpan(512));
    }

    public CompressedLayer Compress(Digest diffId, LayerCompression compression, IProgress<long>? progress, CancellationToken cancel)
    {
        MemoryStream packed = new();
        using (Stream pack = compression == LayerCompression.Gzip
            ? new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)
            : new SharpCompress.Compressors.ZStandard.CompressionStream(packed, 3, leaveOpen: true))
        {
            pack.Write(_layers[diffId]);
        }

        OnWrite?.Invoke();
        progress?.Report(_layers[diffId].Length);
        string path = Path.Join(folder, Guid.NewGuid().ToString("N"));
        File.WriteAllBytes(path, packed.ToArray());
        CompressedLayer layer = new(
            Digest.Of(packed.ToArray()), packed.Length,
            compression == LayerCompression.Gzip ? MediaTypes.OciLayerGzip : MediaTypes.OciLayerZstd, File.OpenHandle(path));
        SmallFile.Remove(path);
        return layer;
    }

    public IDisposable Pin(Digest diffId) => new Pinning(this);

    internal static SavedImage Image(string[] names, params byte[][] layers)
    {
        byte[] config = ArchiveForms.Config("amd64", layers);
        return new SavedImage(Digest.Of(config), config, ImageConfigJson.Parse(config, "x"), [.. names.Select(ImageReference.Parse)]);
    }

    private sealed class Pinning : IDisposable
    {
        private readonly FakeLayers _owner;

        internal Pinning(FakeLayers owner)
        {
            _owner = owner;
            owner.Pinned++;
        }

        public void Dispose() => _owner.Pinned--;
    }
}
