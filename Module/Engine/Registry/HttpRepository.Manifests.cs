using System.Security.Cryptography;
using Containers.Engine.Images;
using Containers.Engine.Registry.Http;

namespace Containers.Engine.Registry;

/// <summary>Manifests (OCI distribution specification, "Pulling manifests", "Pushing Manifests").</summary>
internal sealed partial class HttpRepository
{
    private const int MaximumManifest = 4 << 20;

    private static readonly (string, string)[] s_accept =
    [
        ("Accept", "application/vnd.oci.image.index.v1+json"),
        ("Accept", "application/vnd.oci.image.manifest.v1+json"),
        ("Accept", "application/vnd.docker.distribution.manifest.list.v2+json"),
        ("Accept", "application/vnd.docker.distribution.manifest.v2+json"),
        ("Accept", "*/*;q=0.1"),
    ];

    internal override StoredManifest GetManifest(string tagOrDigest, CancellationToken cancel)
    {
        string name = FullName(tagOrDigest);
        RegistryRequest request = ManifestRequest(HttpMethod.Get, tagOrDigest);
        return Fetch(request, RegistrySubject.Manifest, name, answer => ReadManifest(answer, tagOrDigest, name), cancel);
    }

    internal override OciDescriptor? HeadManifest(string tagOrDigest, CancellationToken cancel)
    {
        RegistryAnswer answer = Send(ManifestRequest(HttpMethod.Head, tagOrDigest), NewBudget(), cancel);
        if (!answer.IsSuccess && (int)answer.Status is not (404 or 405))
        {
            throw Failure(answer, RegistrySubject.Manifest, FullName(tagOrDigest));
        }

        using (answer)
        {
            bool isKnown = Digest.TryParse(answer.Header("Docker-Content-Digest"), out Digest stated);
            if (!answer.IsSuccess || !isKnown || answer.Length is not { } length)
            {
                return null;
            }

            return Digest.TryParse(tagOrDigest, out Digest asked) && asked.Algorithm == stated.Algorithm && asked != stated
                ? throw RegistryErrors.Mismatch(Registry, $"the digest {stated}", tagOrDigest)
                : new OciDescriptor { MediaType = answer.MediaType, Digest = stated, Size = length };
        }
    }

    internal override void PutManifest(string tagOrDigest, StoredManifest manifest, CancellationToken cancel)
    {
        RegistryRequest request = new()
        {
            Method = HttpMethod.Put,
            Path = ManifestPath(tagOrDigest),
            Scopes = _push,
            Silence = _client.Options.Commit,
            Content = watch => new SliceContent(new MemoryStream(manifest.Content.ToArray()), manifest.Content.Length, manifest.MediaType,
                watch, null),
        };
        RegistryAnswer answer = Send(request, NewBudget(), cancel);
        if (!answer.IsSuccess)
        {
            throw Failure(answer, RegistrySubject.Repository, FullName(tagOrDigest));
        }

        using (answer)
        {
            // A registry that stored other bytes would serve another image under this name.
            if (Digest.TryParse(answer.Header("Docker-Content-Digest"), out Digest stated) && stated.Algorithm == manifest.Digest.Algorithm
                && stated != manifest.Digest)
            {
                throw RegistryErrors.Mismatch(Registry, $"the digest {stated} for what it was sent", manifest.Digest.ToString());
            }
        }
    }

    internal static Digest DigestAs(string algorithm, ReadOnlySpan<byte> content) => algorithm == "sha512"
        ? Digest.Parse("sha512:" + Convert.ToHexStringLower(SHA512.HashData(content)))
        : Digest.Of(content);

    private RegistryRequest ManifestRequest(HttpMethod method, string tagOrDigest) => new()
    {
        Method = method,
        Path = ManifestPath(tagOrDigest),
        Scopes = _pull,
        Headers = s_accept,
    };

    private string ManifestPath(string tagOrDigest) =>
        $"v2/{_path}/manifests/{Uri.EscapeDataString(tagOrDigest).Replace("%3A", ":", StringComparison.Ordinal)}";

    private string FullName(string tagOrDigest) => Name + (Digest.TryParse(tagOrDigest, out _) ? "@" : ":") + tagOrDigest;

    private StoredManifest ReadManifest(RegistryAnswer answer, string tagOrDigest, string name)
    {
        byte[] content = answer.ReadAtMost(MaximumManifest);
        Digest digest = Digest.Of(content);
        if (Digest.TryParse(tagOrDigest, out Digest asked))
        {
            digest = DigestAs(asked.Algorithm, content);
            if (digest != asked)
            {
                throw RegistryErrors.Mismatch(Registry, $"content with the digest {digest} for \"{name}\"", tagOrDigest);
            }
        }
        else if (Digest.TryParse(answer.Header("Docker-Content-Digest"), out Digest stated)
            && DigestAs(stated.Algorithm, content) != stated)
        {
            throw RegistryErrors.Mismatch(Registry, $"content with the digest {digest} for \"{name}\"", stated.ToString());
        }

        string mediaType = ManifestKind.Determine(content, answer.MediaType)
            ?? throw RegistryErrors.Protocol(Registry, $"what it gives for \"{name}\" is not one kind of manifest");
        return new StoredManifest { Digest = digest, MediaType = mediaType, Content = content };
    }
}
