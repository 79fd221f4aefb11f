using Containers.Engine.Images;
using Containers.Engine.Registry.Http;

namespace Containers.Engine.Registry;

/// <summary>Blobs, to be read (OCI distribution specification, "Pulling blobs").</summary>
internal sealed partial class HttpRepository
{
    private const int MaximumSmallBlob = 4 << 20;

    internal override byte[] GetBlob(OciDescriptor blob, CancellationToken cancel)
    {
        if (blob.Size > MaximumSmallBlob)
        {
            throw RegistryErrors.Protocol(Registry, $"a configuration of {blob.Size} bytes");
        }

        byte[] content = new byte[blob.Size];
        using (Stream stream = OpenBlob(blob, cancel))
        {
            stream.ReadExactly(content);
            _ = stream.Read(new byte[1], 0, 1);
        }

        Digest digest = DigestAs(blob.Digest.Algorithm, content);
        return digest == blob.Digest ? content : throw RegistryErrors.Mismatch(Registry, $"content with the digest {digest}",
            blob.Digest.ToString());
    }

    internal override Stream OpenBlob(OciDescriptor blob, CancellationToken cancel) => new ResumingBlobStream(
        (offset, budget) => OpenAt(blob, offset, budget, cancel), Registry, blob, NewBudget(), cancel);

    internal override bool HasBlob(Digest digest, CancellationToken cancel)
    {
        // A redirect says that it is there; its target may be signed for GET alone.
        RegistryRequest request = new() { Method = HttpMethod.Head, Path = BlobPath(digest), Scopes = _pull, FollowsRedirects = false };
        RegistryAnswer answer = Send(request, NewBudget(), cancel);
        bool isThere = answer.IsSuccess || (int)answer.Status is 301 or 302 or 303 or 307 or 308;
        if (!isThere && (int)answer.Status is not (404 or 405))
        {
            throw Failure(answer, RegistrySubject.Blob, digest.ToString());
        }

        answer.Dispose();
        return isThere;
    }

    private string BlobPath(Digest digest) => $"v2/{_path}/blobs/{digest}";

    private RegistryAnswer OpenAt(OciDescriptor blob, long offset, RetryBudget budget, CancellationToken cancel)
    {
        RegistryRequest request = new()
        {
            Path = BlobPath(blob.Digest),
            Scopes = _pull,
            Headers = offset == 0 ? [] : [("Range", $"bytes={offset}-{blob.Size - 1}")],
        };
        RegistryAnswer answer = Send(request, budget, cancel);
        return answer.IsSuccess ? answer : throw Failure(answer, RegistrySubject.Blob, $"{Name}@{blob.Digest}");
    }
}
