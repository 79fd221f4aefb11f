using System.Collections.Concurrent;
using Containers.Engine.Distribution;
using Containers.Engine.Images;
using Containers.Engine.Registry;
using Containers.Engine.Tests.Images;

namespace Containers.Engine.Tests.Distribution;

/// <summary>Registries in memory, which count what they are asked.</summary>
internal sealed class FakeRegistry
{
    private readonly ConcurrentDictionary<string, FakeRepository> _repositories = new();

    /// <summary>One line for each round trip.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Short names that stand for several places.</summary>
    public Dictionary<string, string[]> Aliases { get; } = [];

    /// <summary>Places that are asked before a registry's own.</summary>
    public Dictionary<string, string[]> Mirrors { get; } = [];

    public RegistryAccess Access => new(
        (reference, text) => Aliases.TryGetValue(text, out string[]? names) ? [.. names.Select(ImageReference.Parse)] : [reference],
        (reference, _) =>
        [
            .. Mirrors.GetValueOrDefault(reference.Domain, []).Select(mirror => this[mirror + "/" + reference.Repository]),
            this[reference.Domain + "/" + reference.Repository],
        ],
        (reference, _) => this[reference.Domain + "/" + reference.Repository]);

    public FakeRepository this[string name] => _repositories.GetOrAdd(name, _ => new FakeRepository(this, name));

    public bool HasIn(string name, Digest digest) =>
        _repositories.TryGetValue(name, out FakeRepository? other) && other.Blobs.ContainsKey(digest);

    public byte[] Blob(string name, Digest digest) => _repositories[name].Blobs[digest];

    public string[] TakeAsked()
    {
        string[] asked = [.. Asked];
        Asked.Clear();
        return asked;
    }
}

internal sealed class FakeRepository(FakeRegistry registry, string name) : RegistryRepository
{
    public ConcurrentDictionary<Digest, byte[]> Blobs { get; } = new();

    public ConcurrentDictionary<string, StoredManifest> Manifests { get; } = new();

    /// <summary>What every request ends with, while it is set.</summary>
    public EngineException? Failure { get; set; }

    internal override string Name => name;

    public FakeRepository Add(string tag, params TestImage[] images)
    {
        foreach (TestImage image in images)
        {
            foreach ((Digest digest, byte[] blob) in image.Blobs)
            {
                Blobs[digest] = blob;
            }

            Manifests[image.Manifest.Digest.ToString()] = image.Manifest;
        }

        StoredManifest top = images.Length == 1 ? images[0].Manifest : ManifestJson.Write(
            new ImageIndex { MediaType = MediaTypes.OciIndex, Manifests = [.. images.Select(image => image.Entry)] });
        Manifests[top.Digest.ToString()] = top;
        Manifests[tag] = top;
        return this;
    }

    internal override StoredManifest GetManifest(string tagOrDigest, CancellationToken cancel)
    {
        Ask("GET " + (tagOrDigest.Contains(':', StringComparison.Ordinal) ? "digest" : tagOrDigest));
        return Manifests.TryGetValue(tagOrDigest, out StoredManifest? manifest) ? manifest : throw Missing("ManifestNotFound", tagOrDigest);
    }

    internal override OciDescriptor? HeadManifest(string tagOrDigest, CancellationToken cancel)
    {
        Ask("HEAD " + tagOrDigest);
        return Manifests.TryGetValue(tagOrDigest, out StoredManifest? manifest)
            ? new OciDescriptor { MediaType = manifest.MediaType, Digest = manifest.Digest, Size = manifest.Content.Length }
            : null;
    }

    internal override byte[] GetBlob(OciDescriptor blob, CancellationToken cancel)
    {
        Ask("GET config");
        return Blobs.TryGetValue(blob.Digest, out byte[]? content) ? content : throw Missing("BlobNotFound", blob.Digest.ToString());
    }

    internal override Stream OpenBlob(OciDescriptor blob, CancellationToken cancel)
    {
        Ask("GET layer");
        return new MemoryStream(
            Blobs.TryGetValue(blob.Digest, out byte[]? content) ? content : throw Missing("BlobNotFound", blob.Digest.ToString()));
    }

    internal override bool HasBlob(Digest digest, CancellationToken cancel)
    {
        Ask("HEAD blob");
        return Blobs.ContainsKey(digest);
    }

    internal override bool TryMount(Digest digest, string fromRepository, CancellationToken cancel)
    {
        Ask("MOUNT " + fromRepository);
        string from = Name[..(Name.IndexOf('/', StringComparison.Ordinal) + 1)] + fromRepository;
        if (!registry.HasIn(from, digest))
        {
            return false;
        }

        Blobs[digest] = registry.Blob(from, digest);
        return true;
    }

    internal override void Upload(Digest digest, long size, Func<long, Stream> open, IProgress<long>? progress, CancellationToken cancel)
    {
        Ask("UPLOAD");
        MemoryStream content = new();
        using Stream source = open(0);
        source.CopyTo(content);
        progress?.Report(content.Length);
        if (content.Length != size || Digest.Of(content.ToArray()) != digest)
        {
            throw new InvalidOperationException("The upload is not what it says.");
        }

        Blobs[digest] = content.ToArray();
    }

    internal override void PutManifest(string tagOrDigest, StoredManifest manifest, CancellationToken cancel)
    {
        Ask("PUT " + tagOrDigest);
        if (ManifestJson.Parse(manifest, tagOrDigest) is ImageManifest image
            && image.Layers.Append(image.Config).Any(blob =>
                !Blobs.TryGetValue(blob.Digest, out byte[]? content) || content.Length != blob.Size))
        {
            throw new InvalidOperationException("The manifest names a blob that is not here.");
        }

        Manifests[tagOrDigest] = manifest;
        Manifests[manifest.Digest.ToString()] = manifest;
    }

    internal override IEnumerable<string> Tags(CancellationToken cancel)
    {
        Ask("TAGS");
        return Manifests.Keys.Where(key => !key.Contains(':', StringComparison.Ordinal)).Order(StringComparer.Ordinal);
    }

    private static EngineException Missing(string errorId, string what) =>
        new(EngineErrorKind.ObjectNotFound, errorId, $"There is no '{what}'.", what);

    private void Ask(string what)
    {
        registry.Asked.Enqueue(what);
        if (Failure is not null)
        {
            throw Failure;
        }
    }
}
