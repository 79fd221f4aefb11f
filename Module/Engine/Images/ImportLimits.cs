namespace Containers.Engine.Images;

/// <summary>How much an archive may cost before it is refused (CVE-2017-14992 and its kin). Checked while reading.</summary>
public sealed record ImportLimits
{
    /// <summary>Bytes of the uncompressed archive, and of any one file in it, holes included.</summary>
    public long MaxBytes { get; init; } = 1L << 40;

    /// <summary>Files, directories and links.</summary>
    public long MaxEntries { get; init; } = 10_000_000;

    /// <summary>Names in one path.</summary>
    public int MaxDepth { get; init; } = 512;

    /// <summary>Uncompressed bytes per compressed byte, once <see cref="RatioAfterBytes"/> are unpacked.</summary>
    public int MaxRatio { get; init; } = 200;

    /// <summary>Below this size any ratio is fine.</summary>
    public long RatioAfterBytes { get; init; } = 1L << 30;

    /// <summary>Bytes that must stay free under the data root; a hundredth of the file system, at most 64 MiB, where null.</summary>
    public long? MinimumFreeBytes { get; init; }
}
