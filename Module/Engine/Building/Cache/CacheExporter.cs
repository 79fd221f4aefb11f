using Containers.Engine.Distribution;
using Containers.Engine.Images;
using Containers.Engine.Registry;

namespace Containers.Engine.Building.Cache;

/// <summary>Writes the steps of a build, with their layers, into a registry or a directory.</summary>
internal sealed class CacheExporter(ImageStore images, RegistryAccess registries, IEnumerable<BuildCacheRecord> steps)
{
    /// <summary>Layers at a time.</summary>
    private const int Parallel = 3;

    // Two stages may have done the same step.
    private readonly BuildCacheRecord[] _steps = [.. steps.DistinctBy(step => step.Key).OrderBy(step => step.Key, StringComparer.Ordinal)];

    /// <summary>The caller holds the layers.</summary>
    /// <exception cref="EngineException">What a push and saving an image throw.</exception>
    internal void Write(BuildCachePlace place, CancellationToken cancel)
    {
        Digest[] layers = [.. _steps.Select(step => step.DiffId).OfType<string>().Distinct().Take(CacheDocument.MaxLayers).Select(Digest.Parse)];
        List<string> names = [.. layers.Select(layer => layer.ToString())];
        byte[] config = new CacheDocument
        {
            Layers = names,
            Records =
            [
                .. _steps.Where(step => step.DiffId is null || names.Contains(step.DiffId)).Select(step => new CacheDocumentRecord(
                    step.Key, step.DiffId is { } layer ? names.IndexOf(layer) : null, step.Created, step.Instruction)),
            ],
        }.Write();
        if (place.Directory is { } directory)
        {
            WriteDirectory(directory, layers, config, cancel);
        }
        else
        {
            Push(place.Reference!, layers, config, cancel);
        }
    }

    private static StoredManifest Manifest(byte[] config, IEnumerable<OciDescriptor> layers) => ManifestJson.Write(new ImageManifest
    {
        MediaType = MediaTypes.OciManifest,
        Config = new OciDescriptor { MediaType = CacheDocument.MediaType, Digest = Digest.Of(config), Size = config.Length },
        Layers = [.. layers],
    });

    private void Push(ImageReference reference, Digest[] layers, byte[] config, CancellationToken cancel)
    {
        RegistryRepository place = registries.OpenForPush(reference, null);
        Digest id = Digest.Of(config);
        PushOptions options = new() { Compression = LayerCompression.Zstd };
        LayerPusher pusher = new(images.Layers, place, new ManifestPlan(images, id, layers), options, reference.ToString(), layers);
        SideBySide.Run(layers.Length, Parallel, pusher.Place, () => { }, cancel);
        if (!place.HasBlob(id, cancel))
        {
            place.Upload(
                id, config.Length, offset => new MemoryStream(config, (int)offset, config.Length - (int)offset, writable: false), null, cancel);
        }

        place.PutManifest(reference.Tag ?? "latest", Manifest(config, layers.Select(layer => pusher.Placed[layer])), cancel);
    }

    private void WriteDirectory(string path, Digest[] layers, byte[] config, CancellationToken cancel)
    {
        using DirectorySink sink = new(path, null, cancel);
        sink.Write("oci-layout", """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray());
        List<OciDescriptor> written = [];
        foreach (Digest layer in layers)
        {
            using CompressedLayer blob = images.Layers.Compress(layer, LayerCompression.Zstd, null, cancel);
            sink.Write(MemberPath.Blob(blob.Digest), blob.Size, target =>
            {
                using Stream content = blob.Open(0);
                content.CopyTo(target, 256 * 1024);
            });
            written.Add(new OciDescriptor { MediaType = blob.MediaType, Digest = blob.Digest, Size = blob.Size });
        }

        StoredManifest manifest = Manifest(config, written);
        sink.Write(MemberPath.Blob(Digest.Of(config)), config);
        sink.Write(MemberPath.Blob(manifest.Digest), manifest.Content);
        OciDescriptor entry = new()
        {
            MediaType = manifest.MediaType, Digest = manifest.Digest, Size = manifest.Content.Length,
            Annotations = new Dictionary<string, string> { [LayoutReader.RefName] = CacheDocument.Name },
        };
        IEnumerable<OciDescriptor> others = sink.Others.Where(other => LayoutReader.NameOf(other) != CacheDocument.Name);
        sink.Write(ImageArchiveReader.Index, ManifestJson.Write(new ImageIndex { MediaType = MediaTypes.OciIndex, Manifests = [.. others, entry] }).Content);
        sink.Keep();
    }
}
