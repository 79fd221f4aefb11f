using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Containers.Engine.Images;

/// <summary>An image to be saved.</summary>
internal sealed record SavedImage(Digest Id, byte[] Json, ImageConfig Config, IReadOnlyList<ImageReference> Names);

/// <summary>
/// Writes images as an OCI layout; with docker's manifest.json beside it, it is what docker 25 and later save. Blobs first, what names them
/// last. The same images give the same bytes.
/// </summary>
internal sealed class LayoutWriter(ILayerSource layers, ArchiveSink sink, SaveProgress? progress, CancellationToken cancel)
{
    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Dictionary<Digest, OciDescriptor> _layers = [];
    private readonly HashSet<Digest> _blobs = [];

    /// <param name="compression">Null: plain, and docker's documents as well.</param>
    /// <param name="others">Entries of an index that this one is added to.</param>
    internal void Write(IReadOnlyList<SavedImage> images, LayerCompression? compression, IReadOnlyList<OciDescriptor> others)
    {
        sink.Write("oci-layout", """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray());
        Dictionary<string, int> tags = images.SelectMany(image => image.Names).Select(name => name.Tag ?? "")
            .Concat(others.Select(other => other.Annotations.GetValueOrDefault(LayoutReader.RefName, "")))
            .CountBy(tag => tag).ToDictionary();
        List<OciDescriptor> entries = [];
        foreach (SavedImage image in images)
        {
            entries.AddRange(Entries(image, WriteImage(image, compression ?? LayerCompression.None), tags));
        }

        // Without a name an entry says nothing that the new ones for the same image do not.
        IEnumerable<OciDescriptor> kept = others.Where(
            other => LayoutReader.NameOf(other).Length > 0 || entries.All(entry => entry.Digest != other.Digest));
        ImageIndex index = new() { MediaType = MediaTypes.OciIndex, Manifests = [.. kept, .. entries] };
        sink.Write(ImageArchiveReader.Index, ManifestJson.Write(index).Content);
        if (compression is null)
        {
            sink.Write(ImageArchiveReader.Manifest, DockerManifest(images));
            sink.Write(ImageArchiveReader.Repositories, DockerNames(images));
        }
    }

    private StoredManifest WriteImage(SavedImage image, LayerCompression compression)
    {
        List<OciDescriptor> descriptors = [];
        foreach (Digest diffId in image.Config.RootFs.DiffIds)
        {
            cancel.ThrowIfCancellationRequested();
            if (!_layers.TryGetValue(diffId, out OciDescriptor? layer))
            {
                layer = compression == LayerCompression.None ? WritePlain(diffId) : WriteCompressed(diffId, compression);
                _layers.Add(diffId, layer);
            }

            descriptors.Add(layer);
        }

        StoredManifest manifest = ManifestJson.Write(new ImageManifest
        {
            MediaType = MediaTypes.OciManifest,
            Config = new OciDescriptor { MediaType = MediaTypes.OciConfig, Digest = image.Id, Size = image.Json.Length },
            Layers = descriptors,
        });
        WriteBlob(image.Id, image.Json);
        WriteBlob(manifest.Digest, manifest.Content);
        return manifest;
    }

    private OciDescriptor WritePlain(Digest diffId)
    {
        long size = layers.TarSize(diffId);
        progress?.Set(diffId, TransferState.Sending, 0, size);
        sink.Write(MemberPath.Blob(diffId), size, target => layers.WriteTar(diffId, target, cancel));
        progress?.Set(diffId, TransferState.Done, size, size);
        return new OciDescriptor { MediaType = MediaTypes.OciLayer, Digest = diffId, Size = size };
    }

    private OciDescriptor WriteCompressed(Digest diffId, LayerCompression compression)
    {
        long size = layers.TarSize(diffId);
        CompressionReport? report = progress is null ? null : new CompressionReport(progress, diffId, size);
        using CompressedLayer blob = layers.Compress(diffId, compression, report, cancel);
        if (_blobs.Add(blob.Digest))
        {
            sink.Write(MemberPath.Blob(blob.Digest), blob.Size, target =>
            {
                using Stream content = blob.Open(0);
                content.CopyTo(target, 256 * 1024);
            });
        }

        progress?.Set(diffId, TransferState.Done, size, size);
        return new OciDescriptor { MediaType = blob.MediaType, Digest = blob.Digest, Size = blob.Size };
    }

    private void WriteBlob(Digest digest, ReadOnlyMemory<byte> content)
    {
        if (_blobs.Add(digest))
        {
            sink.Write(MemberPath.Blob(digest), content);
        }
    }

    /// <summary>
    /// One for each name, as docker and containerd write them: their own annotation has the whole name, the standard one the tag, so that
    /// "skopeo copy oci:DIR:TAG" finds it. Where two names share a tag, the whole name keeps them apart.
    /// </summary>
    private static IEnumerable<OciDescriptor> Entries(SavedImage image, StoredManifest manifest, Dictionary<string, int> tags)
    {
        OciDescriptor entry = new()
        {
            MediaType = manifest.MediaType,
            Digest = manifest.Digest,
            Size = manifest.Content.Length,
            Platform = ImagePlatform.TryParse(ImageArchiveReader.Platform(image.Config), out ImagePlatform? platform) ? platform : null,
        };
        if (image.Names.Count == 0)
        {
            yield return entry;
        }

        foreach (ImageReference name in image.Names)
        {
            string tag = name.Tag ?? "";
            yield return entry with
            {
                Annotations = new Dictionary<string, string>
                {
                    [LayoutReader.ImageName] = name.Canonical,
                    [LayoutReader.RefName] = tag.Length > 0 && tags[tag] == 1 ? tag : name.Canonical,
                },
            };
        }
    }

    private static byte[] DockerManifest(IReadOnlyList<SavedImage> images)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, s_json))
        {
            json.WriteStartArray();
            foreach (SavedImage image in images)
            {
                json.WriteStartObject();
                json.WriteString("Config", MemberPath.Blob(image.Id));
                json.WriteStartArray("RepoTags");
                foreach (ImageReference name in image.Names)
                {
                    json.WriteStringValue(name.ToString());
                }

                json.WriteEndArray();
                json.WriteStartArray("Layers");
                foreach (Digest layer in image.Config.RootFs.DiffIds)
                {
                    json.WriteStringValue(MemberPath.Blob(layer));
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>For tools of docker 1.9's time; they find the names here, though not the old layers.</summary>
    private static byte[] DockerNames(IReadOnlyList<SavedImage> images)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, s_json))
        {
            json.WriteStartObject();
            foreach (var repository in images.SelectMany(image => image.Names.Select(name => (Name: name, image.Id)))
                .GroupBy(each => each.Name.FamiliarName).OrderBy(group => group.Key, StringComparer.Ordinal))
            {
                json.WriteStartObject(repository.Key);
                foreach ((ImageReference name, Digest id) in repository.OrderBy(each => each.Name.Tag, StringComparer.Ordinal))
                {
                    json.WriteString(name.Tag ?? "latest", id.Hex);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private sealed class CompressionReport(SaveProgress progress, Digest layer, long size) : IProgress<long>
    {
        public void Report(long value) => progress.Set(layer, TransferState.Compressing, value, size);
    }
}
