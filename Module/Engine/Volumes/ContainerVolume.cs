namespace Containers.Engine.Volumes;

/// <summary>A volume: a directory that outlives the containers that mount it.</summary>
public sealed record ContainerVolume
{
    public required string Name { get; init; }

    /// <summary>local.</summary>
    public string Driver { get; init; } = VolumeRecord.LocalDriver;

    /// <summary>Where its files are on this host; of a volume with options, what is mounted in its place.</summary>
    public required string Mountpoint { get; init; }

    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Made for one container; its name is 64 hexadecimal digits.</summary>
    public bool Anonymous { get; init; }

    public DateTimeOffset Created { get; init; }

    /// <summary>Names of the containers that have it, running or not.</summary>
    public IReadOnlyList<string> UsedBy { get; init; } = [];

    /// <summary>Bytes on the disk; null where that was not asked for.</summary>
    public long? Size { get; init; }

    /// <summary>What is wrong with it, as a sentence; null otherwise.</summary>
    public string? Problem { get; init; }

    public override string ToString() => Name;
}

/// <summary>What a new volume is to be.</summary>
public sealed record VolumeDefinition
{
    /// <summary>Null for 64 random digits.</summary>
    public string? Name { get; init; }

    public string Driver { get; init; } = VolumeRecord.LocalDriver;

    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Owner of its directory.</summary>
    public uint Uid { get; init; }

    public uint Gid { get; init; }
}
