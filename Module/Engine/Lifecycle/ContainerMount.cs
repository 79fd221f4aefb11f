using Containers.Engine.Launch;

namespace Containers.Engine.Lifecycle;

/// <summary>One mount of a container.</summary>
public sealed record ContainerMount
{
    public required MountType Type { get; init; }

    /// <summary>A path of the host, the name of a volume, the id of an image; empty for tmpfs.</summary>
    public string Source { get; init; } = "";

    public required string Target { get; init; }

    public bool ReadOnly { get; init; }

    public MountPropagation Propagation { get; init; }

    /// <summary>What of the source is mounted; null for all of it.</summary>
    public string? SubPath { get; init; }

    /// <summary>A volume that was made for this container.</summary>
    public bool Anonymous { get; init; }

    public override string ToString() =>
        (Type == MountType.Tmpfs ? "tmpfs" : Anonymous ? Source[..12] : Source) + ":" + Target + (ReadOnly ? ":ro" : "");

    internal static ContainerMount Of(MountSpec spec) => new()
    {
        Type = spec.Type, Source = spec.Source, Target = spec.Target, ReadOnly = spec.ReadOnly || spec.Type == MountType.Image,
        Propagation = spec.Propagation, SubPath = spec.SubPath, Anonymous = spec.Anonymous,
    };
}
