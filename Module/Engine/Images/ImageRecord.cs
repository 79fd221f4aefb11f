namespace Containers.Engine.Images;

/// <summary>What starting a container needs to know of its image.</summary>
public sealed record ImageRecord
{
    /// <summary>"sha256:" and 64 digits.</summary>
    public required string Id { get; init; }

    public required ImageConfig Config { get; init; }

    /// <summary>
    /// Relative to the data root ("layers/&lt;shortid&gt;/fs"), top first, as overlay's lowerdir wants it. A layer that an image
    /// holds twice is here once, at its topmost place: overlay refuses the same directory twice, and the copy below adds nothing.
    /// </summary>
    public required IReadOnlyList<string> LayerDirectories { get; init; }
}
