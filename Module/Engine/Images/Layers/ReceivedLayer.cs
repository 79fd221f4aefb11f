namespace Containers.Engine.Images;

/// <summary>A blob that became a layer.</summary>
/// <param name="DiffId">Digest of its tar.</param>
/// <param name="BlobDigest">Digest of the bytes as they came.</param>
/// <param name="BlobSize">Number of those bytes.</param>
/// <param name="Size">Bytes of file content.</param>
/// <param name="TarSize">Bytes of the tar.</param>
/// <param name="LostAttributes">Attributes that the store's file system cannot hold.</param>
/// <param name="Compressed">Whether the blob was anything else than a plain tar.</param>
internal sealed record ReceivedLayer(
    Digest DiffId, Digest BlobDigest, long BlobSize, long Size, long TarSize, long LostAttributes, bool Compressed);
