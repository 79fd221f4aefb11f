namespace Containers.Engine.Images;

/// <summary>One thing that a removal did: a name taken away, or an image or layer deleted. One of the two is set.</summary>
public sealed record RemovedImage
{
    /// <summary>The reference that is gone, in its familiar form.</summary>
    public string? Untagged { get; init; }

    /// <summary>The id of the image, or the digest of the layer, that is gone.</summary>
    public string? Deleted { get; init; }

    public override string ToString() => Untagged is not null ? "Untagged: " + Untagged : "Deleted: " + Deleted;
}
