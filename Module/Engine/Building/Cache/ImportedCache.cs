using Containers.Engine.Distribution;
using Containers.Engine.Images;
using Containers.Engine.Registry;

namespace Containers.Engine.Building.Cache;

/// <summary>
/// The cache of another build. Its documents are read when the first step is not known here; a layer comes only when a step wants it, and only if
/// it is what its digests say. That a key belongs to a layer is its author's word, which nobody can check without doing the step.
/// </summary>
internal sealed class ImportedCache
{
    private readonly Dictionary<string, CacheDocumentRecord> _records;
    private readonly CacheDocument _document;
    private readonly IReadOnlyList<IncomingLayer> _layers;
    private readonly string _subject;

    private ImportedCache(CacheDocument document, IReadOnlyList<IncomingLayer> layers, string subject)
    {
        (_document, _layers, _subject) = (document, layers, subject);
        _records = document.Records.DistinctBy(record => record.Key).ToDictionary(record => record.Key, StringComparer.Ordinal);
    }

    /// <exception cref="EngineException">InvalidBuildCache, ArchiveReadFailed, what a pull throws.</exception>
    internal static ImportedCache Open(BuildCachePlace place, RegistryAccess registries, CancellationToken cancel) =>
        place.Directory is { } directory ? OpenDirectory(directory) : OpenRepository(place.Reference!, registries, cancel);

    /// <summary>What a step came to, its layer in the store and held; null where this cache does not know it.</summary>
    /// <exception cref="EngineException">The layer cannot be had, or is not what it should be.</exception>
    internal CachedStep? Find(Digest key, string instruction, ImageStore images, CancellationToken cancel)
    {
        if (!_records.TryGetValue(key.Hex, out CacheDocumentRecord? known))
        {
            return null;
        }

        // Nothing of its text is taken over: it is for those who look into the cache by other tools.
        BuildCacheRecord record = new() { Key = key.Hex, Instruction = instruction, Created = known.Created };
        if (known.Layer is not { } place)
        {
            return new CachedStep(record, null);
        }

        Digest diffId = Digest.Parse(_document.Layers[place]);
        ImageStore.HeldLayer layer = images.ReceiveLayer(_layers[place], diffId, new ReceiveOptions { Subject = _subject }, cancel);
        return new CachedStep(record with { DiffId = diffId.ToString() }, layer);
    }

    /// <summary>The same without the layer, for who only wants to know; null where this cache does not know it.</summary>
    internal BuildCacheRecord? Peek(Digest key, string instruction) => _records.TryGetValue(key.Hex, out CacheDocumentRecord? known)
        ? new BuildCacheRecord { Key = key.Hex, Instruction = instruction, Created = known.Created, DiffId = known.Layer is { } place ? _document.Layers[place] : null }
        : null;

    private static ImportedCache OpenRepository(ImageReference reference, RegistryAccess registries, CancellationToken cancel)
    {
        string subject = reference.ToString();
        IReadOnlyList<RegistryRepository> places = registries.OpenForPull(reference, null);
        for (int i = 0; ; i++)
        {
            try
            {
                RegistryRepository place = places[i];
                ImageManifest manifest = Manifest(place.GetManifest(reference.Digest?.ToString() ?? reference.Tag ?? "latest", cancel), subject);
                byte[] config = place.GetBlob(manifest.Config, cancel);
                return new ImportedCache(
                    CacheDocument.Parse(config, manifest.Layers.Count, subject),
                    [
                        .. manifest.Layers.Select(layer => new IncomingLayer
                        {
                            Digest = layer.Digest, Size = layer.Size, MediaType = layer.MediaType, Repository = place.Name,
                            Open = stop => place.OpenBlob(layer, stop),
                        }),
                    ],
                    subject);
            }
            catch (EngineException e) when (i < places.Count - 1 && DistributionErrors.IsMirrorFault(e))
            {
                // The next place has it, or says why not.
            }
        }
    }

    private static ImportedCache OpenDirectory(string path)
    {
        using DirectoryMembers members = new(path);
        OciDescriptor entry = ManifestJson.Parse(members.Read(ImageArchiveReader.Index), MediaTypes.OciIndex, path) is ImageIndex index
            && index.Manifests.FirstOrDefault(one => LayoutReader.NameOf(one) == CacheDocument.Name) is { } found
            ? found
            : throw CacheDocument.Invalid(path, "its index names none");
        byte[] content = members.Read(MemberPath.Blob(entry.Digest), entry.Digest);
        ImageManifest manifest = Manifest(
            new StoredManifest { Digest = entry.Digest, MediaType = MediaTypes.OciManifest, Content = content }, path);
        byte[] config = members.Read(MemberPath.Blob(manifest.Config.Digest), manifest.Config.Digest);
        return new ImportedCache(
            CacheDocument.Parse(config, manifest.Layers.Count, path),
            [
                .. manifest.Layers.Select(layer => new IncomingLayer
                {
                    Digest = layer.Digest, Size = layer.Size, MediaType = layer.MediaType,
                    Open = _ =>
                    {
                        using DirectoryMembers again = new(path);
                        return again.Open(MemberPath.Blob(layer.Digest));
                    },
                }),
            ],
            path);
    }

    private static ImageManifest Manifest(StoredManifest stored, string subject) =>
        ManifestJson.Parse(stored, subject) is ImageManifest { Config.MediaType: CacheDocument.MediaType } manifest
            ? manifest
            : throw CacheDocument.Invalid(subject, "it is something else");
}
