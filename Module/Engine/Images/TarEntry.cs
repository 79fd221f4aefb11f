namespace Containers.Engine.Images;

/// <summary>What an entry of an archive is.</summary>
internal enum TarEntryType
{
    File,
    HardLink,
    SymbolicLink,
    CharacterDevice,
    BlockDevice,
    Directory,
    Fifo,
}

/// <summary>An extended attribute; the name without a final zero.</summary>
internal readonly record struct ExtendedAttribute(byte[] Name, byte[] Value);

/// <summary>A run of bytes that a sparse file really has.</summary>
internal readonly record struct SparseSegment(long Offset, long Length);

/// <summary>One entry. The reader fills the same object again and again; the writer takes it too.</summary>
internal sealed class TarEntry
{
    internal TarEntryType Type { get; set; }

    internal ByteText Name { get; } = new();

    internal ByteText LinkName { get; } = new();

    /// <summary>Permission bits with setuid, setgid and sticky, no type.</summary>
    internal uint Mode { get; set; }

    internal uint Uid { get; set; }

    internal uint Gid { get; set; }

    /// <summary>Length of the file as it will be, holes included.</summary>
    internal long Size { get; set; }

    /// <summary>Bytes of it in the archive.</summary>
    internal long StoredSize { get; set; }

    /// <summary>Modification time: seconds since 1970, may be negative.</summary>
    internal long Seconds { get; set; }

    internal uint Nanoseconds { get; set; }

    internal uint DeviceMajor { get; set; }

    internal uint DeviceMinor { get; set; }

    internal List<ExtendedAttribute> Attributes { get; } = [];

    internal bool IsSparse { get; set; }

    internal List<SparseSegment> Segments { get; } = [];

    internal void Clear()
    {
        Type = TarEntryType.File;
        Name.Clear();
        LinkName.Clear();
        Mode = 0;
        Uid = 0;
        Gid = 0;
        Size = 0;
        StoredSize = 0;
        Seconds = 0;
        Nanoseconds = 0;
        DeviceMajor = 0;
        DeviceMinor = 0;
        Attributes.Clear();
        IsSparse = false;
        Segments.Clear();
    }
}
