using Containers.Engine.Linux;

namespace Containers.Engine.Copying;

public enum ContainerFileType
{
    File,
    Directory,
    SymbolicLink,
    CharacterDevice,
    BlockDevice,
    Fifo,
    Socket,

    /// <summary>In a layer: the name is gone from here on.</summary>
    Whiteout,
}

/// <summary>A file, directory or other node in a container, image or layer.</summary>
public sealed record ContainerFile
{
    /// <summary>The last part of the path; a byte that is no UTF-8 is the lone surrogate U+DC00 + byte.</summary>
    public required string Name { get; init; }

    /// <summary>Absolute, as the container sees it. (A property Path would be taken for one of this host by the cmdlets that the file is piped to.)</summary>
    public required string ContainerPath { get; init; }

    /// <summary>"web:/etc/hosts".</summary>
    public string FullName => Place.Label(ContainerPath);

    /// <summary>The name for people: bytes that are no UTF-8 as \xNN.</summary>
    public string DisplayName => FileNameText.Show(Name);

    public required FilePlace Place { get; init; }

    /// <summary>Name of the container; null for images and layers.</summary>
    public string? Container => Place.Kind == FilePlaceKind.Container ? Place.Name : null;

    public ContainerFileType Type { get; init; }

    /// <summary>Bytes of a file's content; 0 for the rest.</summary>
    public long Length { get; init; }

    public DateTimeOffset LastWriteTime { get; init; }

    /// <summary>Number in the container.</summary>
    public int UserId { get; init; }

    /// <summary>Number in the container.</summary>
    public int GroupId { get; init; }

    public UnixFileMode UnixFileMode { get; init; }

    /// <summary>As ls -l shows it: "-rw-r--r--".</summary>
    public string Mode => FileModeText.Format(Type, UnixFileMode);

    /// <summary>What a symbolic link says; null for the rest, and where only processes of the container can read it (/proc/self).</summary>
    public string? LinkTarget { get; init; }

    /// <summary>Names that the file has.</summary>
    public int LinkCount { get; init; }

    public bool IsDirectory => Type == ContainerFileType.Directory;

    public override string ToString() => FullName;

    internal static ContainerFile From(FilePlace place, string path, string name, in Libc.statx_t status, string? linkTarget) => new()
    {
        Place = place,
        ContainerPath = path,
        Name = name,
        Type = TypeOf(status, place.Kind == FilePlaceKind.Layer),
        Length = (status.stx_mode & Libc.S_IFMT) == Libc.S_IFREG ? (long)status.stx_size : 0,
        LastWriteTime = Time(status.stx_mtime),
        UserId = (int)status.stx_uid,
        GroupId = (int)status.stx_gid,
        UnixFileMode = (UnixFileMode)(status.stx_mode & 0xFFF),
        LinkTarget = linkTarget,
        LinkCount = (int)status.stx_nlink,
    };

    private static ContainerFileType TypeOf(in Libc.statx_t status, bool layer) => (status.stx_mode & Libc.S_IFMT) switch
    {
        Libc.S_IFDIR => ContainerFileType.Directory,
        Libc.S_IFLNK => ContainerFileType.SymbolicLink,
        Libc.S_IFCHR when layer && Storage.TreeDirectory.IsWhiteout(status) => ContainerFileType.Whiteout,
        Libc.S_IFCHR => ContainerFileType.CharacterDevice,
        Libc.S_IFBLK => ContainerFileType.BlockDevice,
        Libc.S_IFIFO => ContainerFileType.Fifo,
        Libc.S_IFSOCK => ContainerFileType.Socket,
        _ => ContainerFileType.File,
    };

    /// <summary>A file may have any time at all; what .NET cannot say becomes the nearest that it can.</summary>
    private static DateTimeOffset Time(Libc.statx_timestamp time) =>
        time.tv_sec < DateTimeOffset.MinValue.ToUnixTimeSeconds() ? DateTimeOffset.MinValue
        : time.tv_sec > DateTimeOffset.MaxValue.ToUnixTimeSeconds() ? DateTimeOffset.MaxValue
        : DateTimeOffset.FromUnixTimeSeconds(time.tv_sec).AddTicks(time.tv_nsec / 100);
}
