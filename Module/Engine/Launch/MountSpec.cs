using System.Text.Json.Serialization;

namespace Containers.Engine.Launch;

/// <summary>
/// Something that is mounted into a container: the one form of -Volume, -Mount, -Tmpfs, an image's VOLUME, and RUN --mount. What is mounted
/// where is resolved at every start, in the new process: a source once, by descriptor, a target inside the container's root.
/// </summary>
public sealed record MountSpec
{
    /// <summary>How many mounts one container may have.</summary>
    public const int Maximum = 1000;

    /// <summary>Always written to records: the first of its values is no default.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required MountType Type { get; init; }

    /// <summary>
    /// Bind: an absolute path of the host, file or directory; its links are followed as the host does. Volume: its name; empty for a new
    /// anonymous one. Image: a reference or id; the record holds the id. Tmpfs: nothing.
    /// </summary>
    public string Source { get; init; } = "";

    /// <summary>An absolute path in the container. Made if it is missing; links on the way end inside the container.</summary>
    public required string Target { get; init; }

    /// <summary>With every mount below it (mount_setattr(2), AT_RECURSIVE). An image always is.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Bind: only the directory itself, without what the host has mounted below it.</summary>
    public bool NonRecursive { get; init; }

    /// <summary>Bind: whether mounts that are made later on one side are seen on the other.</summary>
    public MountPropagation Propagation { get; init; }

    public bool NoSuid { get; init; }

    public bool NoDev { get; init; }

    public bool NoExec { get; init; }

    /// <summary>
    /// Volume, Image, Bind: what of the source is mounted, relative to it. Resolved below the source by the kernel: no link in it leads out of
    /// it, whatever another container that has the same volume does meanwhile (CVE-2017-1002101, CVE-2023-43364, CVE-2024-23651).
    /// </summary>
    public string? SubPath { get; init; }

    /// <summary>Bind, Volume: owners on the disk and what the container sees in their place; null for the same.</summary>
    public IdMapSpec? IdMap { get; init; }

    /// <summary>Bind: a missing source becomes a directory (root, 0755), as -Volume has it; otherwise it is an error.</summary>
    public bool CreateSource { get; init; }

    /// <summary>Volume: an empty one is not filled with what the image has at the target.</summary>
    public bool NoCopy { get; init; }

    /// <summary>Bind, Volume: the source and all below it is given to the container's user before the start (-Volume a:b:U).</summary>
    public bool ChangeOwner { get; init; }

    /// <summary>Volume: made for this container; its name is 64 hexadecimal digits.</summary>
    public bool Anonymous { get; init; }

    /// <summary>Tmpfs: bytes; null for the kernel's default, half of the memory.</summary>
    public long? Size { get; init; }

    /// <summary>Tmpfs: permission bits; null for 1777.</summary>
    public uint? Mode { get; init; }

    /// <summary>As it has always been: neither setuid nor devices, and no programs unless that is asked for.</summary>
    /// <param name="target">Absolute path in the container.</param>
    public static MountSpec Tmpfs(string target) => new()
    {
        Type = MountType.Tmpfs, Target = target, NoSuid = true, NoDev = true, NoExec = true,
    };

    /// <param name="source">Absolute path on the host.</param>
    /// <param name="target">Absolute path in the container.</param>
    public static MountSpec Bind(string source, string target) => new() { Type = MountType.Bind, Source = source, Target = target };

    /// <summary>Whether the host's mounts must still be connected when the source is cloned.</summary>
    [JsonIgnore]
    internal bool SeesHostMounts => Type == MountType.Bind && Propagation is not (MountPropagation.RPrivate or MountPropagation.Private);
}

[JsonConverter(typeof(JsonStringEnumConverter<MountType>))]
public enum MountType
{
    /// <summary>A file or directory of the host.</summary>
    Bind,

    /// <summary>A volume of the store.</summary>
    Volume,

    /// <summary>An empty file system in memory.</summary>
    Tmpfs,

    /// <summary>The files of an image, read-only.</summary>
    Image,
}

/// <summary>What becomes of an image's VOLUME places.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ImageVolumeMode>))]
public enum ImageVolumeMode
{
    /// <summary>A new anonymous volume each, filled with what the image has there.</summary>
    Anonymous,

    /// <summary>An empty file system in memory each.</summary>
    Tmpfs,

    /// <summary>Nothing: they are directories like any other.</summary>
    Ignore,
}

/// <summary>mount_namespaces(7), "Shared subtrees"; the R stands for "and all mounts below".</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MountPropagation>))]
public enum MountPropagation
{
    RPrivate,
    Private,

    /// <summary>What the host mounts below the source later is seen in the container.</summary>
    RSlave,
    Slave,

    /// <summary>And what the container mounts is seen on the host.</summary>
    RShared,
    Shared,
}

/// <summary>Ranges of owners (MOUNT_ATTR_IDMAP, mount_setattr(2)).</summary>
/// <param name="Users">For uids.</param>
/// <param name="Groups">For gids.</param>
public sealed record IdMapSpec(IReadOnlyList<IdRange> Users, IReadOnlyList<IdRange> Groups);

/// <param name="Stored">First id on the disk.</param>
/// <param name="Seen">First id that the container sees, and writes as.</param>
/// <param name="Count">How many.</param>
public sealed record IdRange(uint Stored, uint Seen, uint Count);
