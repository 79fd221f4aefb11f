using Containers.Engine.Images;

namespace Containers.Engine.Registry;

/// <summary>
/// One repository at one registry (OCI distribution specification v1.1; docker registry API v2). Every answer is bounded in bytes and time;
/// transient failures are tried again, Retry-After is honoured. Thread-safe.
/// </summary>
/// <remarks>
/// Errors: RegistryUnreachable, RegistryTlsFailed, RegistryUnauthorized, RegistryDenied, RegistryRefused (a status nobody expected, with the
/// registry's own words), RegistryTooManyRequests, RegistryBlocked, RegistryProtocol (an answer against the specification), ManifestNotFound,
/// RepositoryNotFound, BlobNotFound, DigestMismatch.
/// </remarks>
internal abstract class RegistryRepository
{
    /// <summary>domain/repository as asked for, mirrors notwithstanding: "docker.io/library/alpine".</summary>
    internal abstract string Name { get; }

    /// <summary>The manifest or index behind a tag or digest; checked against the digest that was asked for, or that the registry states. At most 4 MiB.</summary>
    internal abstract StoredManifest GetManifest(string tagOrDigest, CancellationToken cancel);

    /// <summary>The same without its content, by HEAD; null where it does not exist, or where the registry does not answer HEAD with a digest.</summary>
    internal abstract OciDescriptor? HeadManifest(string tagOrDigest, CancellationToken cancel);

    /// <summary>A small blob (a configuration), checked. At most 4 MiB.</summary>
    internal abstract byte[] GetBlob(OciDescriptor blob, CancellationToken cancel);

    /// <summary>
    /// A blob as a stream, which goes on by Range after a cut. The caller checks the digest; a stream that ends before blob.Size throws.
    /// Synchronous reads; a cancel ends a read that hangs.
    /// </summary>
    internal abstract Stream OpenBlob(OciDescriptor blob, CancellationToken cancel);

    internal abstract bool HasBlob(Digest digest, CancellationToken cancel);

    /// <summary>Asks the registry to take the blob from another of its repositories; false where it does not.</summary>
    /// <param name="fromRepository">Without the domain.</param>
    internal abstract bool TryMount(Digest digest, string fromRepository, CancellationToken cancel);

    /// <summary>Uploads a blob in chunks; goes on after a cut where the registry says how much it has, else begins again.</summary>
    /// <param name="open">Opens the content at an offset.</param>
    /// <param name="progress">Told how many bytes have gone, on the calling thread.</param>
    internal abstract void Upload(Digest digest, long size, Func<long, Stream> open, IProgress<long>? progress, CancellationToken cancel);

    internal abstract void PutManifest(string tagOrDigest, StoredManifest manifest, CancellationToken cancel);

    /// <summary>All tags, page by page, in the registry's order.</summary>
    internal abstract IEnumerable<string> Tags(CancellationToken cancel);
}
