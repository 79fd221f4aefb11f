using Containers.Engine.Images;

namespace Containers.Engine.Building;

/// <summary>Where a build cache is kept for other hosts: in a registry or in a directory, exactly one of them.</summary>
public sealed record BuildCachePlace
{
    public ImageReference? Reference { get; init; }

    /// <summary>An OCI image layout.</summary>
    public string? Directory { get; init; }

    public override string ToString() => Directory ?? Reference?.ToString() ?? "";
}
