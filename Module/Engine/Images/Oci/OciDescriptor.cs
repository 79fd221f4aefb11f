namespace Containers.Engine.Images;

/// <summary>
/// What a document says of another one or of a blob (OCI image specification, descriptor.md). Everything in it was written by a stranger;
/// the digest has been checked for its grammar, the size for being no less than zero.
/// </summary>
public sealed record OciDescriptor
{
    public required string MediaType { get; init; }

    public required Digest Digest { get; init; }

    /// <summary>Bytes.</summary>
    public required long Size { get; init; }

    /// <summary>Only in the entries of an index, and not in all of them.</summary>
    public ImagePlatform? Platform { get; init; }

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();
}
