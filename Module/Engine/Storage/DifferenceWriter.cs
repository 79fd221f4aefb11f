using Containers.Engine.Images;
using Containers.Engine.Linux;

namespace Containers.Engine.Storage;

/// <summary>
/// Writes differences as a layer (OCI image specification, layer.md): what is new or changed with its attributes, what is gone as ".wh."
/// names. Whole seconds, no names of accounts, hard links to the first name met, sockets left out, as <see cref="DirectoryArchiver"/> has it.
/// </summary>
/// <param name="latest">Later times are written as this one: seconds since 1970.</param>
internal sealed class DifferenceWriter(TarWriter writer, long latest, CancellationToken cancel) : IDifferenceSink
{
    private const int ReadSize = 256 * 1024;

    private readonly TarEntry _entry = new();
    private readonly Dictionary<(ulong Inode, uint Major, uint Minor), byte[]> _linked = [];
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(ReadSize);

    /// <summary>Something was written.</summary>
    internal bool Any { get; private set; }

    /// <summary>A layer, in which names that begin with .wh. mean something; else a whole root, in which they are files.</summary>
    internal bool IsLayer { get; init; } = true;

    /// <summary>Opens what is really there for a path that something else is mounted over; null where nothing is. See <see cref="MountedOver"/>.</summary>
    internal MountedOver? Covered { get; init; }

    public void Report(in Difference difference)
    {
        cancel.ThrowIfCancellationRequested();
        ReadOnlySpan<byte> name = difference.Name.AsSpan(0, difference.Name.Length - 1);
        if (IsLayer && name.StartsWith(".wh."u8))
        {
            string path = "/" + ChangeList.Text(difference.Path);
            throw new EngineException(
                EngineErrorKind.InvalidOperation, "ReservedFileName",
                $"The file '{path}' cannot be kept in an image: names that begin with .wh. mean removed files there.", path,
                "Remove or rename it in the container, or commit other paths only.");
        }

        if (difference.Kind == ChangeKind.Deleted)
        {
            if (!difference.Covered)
            {
                WriteWhiteout(difference.Path, name);
            }

            return;
        }

        switch (difference.Status.stx_mode & Libc.S_IFMT)
        {
            case Libc.S_IFDIR:
                WriteDirectory(difference);
                break;
            case Libc.S_IFREG:
                WriteFile(difference);
                break;
            case Libc.S_IFSOCK:
                if (difference.Kind == ChangeKind.Changed)
                {
                    WriteWhiteout(difference.Path, name);
                }

                break;
            default:
                WriteNode(difference);
                break;
        }
    }

    private void WriteWhiteout(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name)
    {
        _entry.Clear();
        _entry.Name.Set(path[..^name.Length]);
        _entry.Name.Append(".wh."u8);
        _entry.Name.Append(name);
        Write();
    }

    private void WriteDirectory(in Difference difference)
    {
        int fd = TreeDirectory.TryOpen(difference.Parent, difference.Name, Libc.O_DIRECTORY, difference.Path);
        if (fd < 0)
        {
            return;
        }

        try
        {
            if (Covered?.Replaces(fd, difference.Path, out Libc.statx_t real) == true)
            {
                Prepare(real, TarEntryType.Directory, difference.Path);
            }
            else
            {
                Prepare(difference.Status, TarEntryType.Directory, difference.Path);
                FileAttributesReader.Read(fd, difference.Path, _entry.Attributes);
            }
        }
        finally
        {
            _ = Libc.close(fd);
        }

        if (difference.Path.IsEmpty)
        {
            _entry.Name.Set("."u8);
        }

        _entry.Name.Append("/"u8);
        Write();
        if (difference.Opaque)
        {
            _entry.Clear();
            _entry.Name.Set(difference.Path);
            _entry.Name.Append("/.wh..wh..opq"u8);
            Write();
        }
    }

    private void WriteFile(in Difference difference)
    {
        int fd = Covered?.TryOpenFile(difference.Status.stx_mnt_id, difference.Path)
            ?? TreeDirectory.TryOpen(difference.Parent, difference.Name, Libc.O_NONBLOCK | Libc.O_NOCTTY, difference.Path);
        if (fd < 0)
        {
            return;
        }

        try
        {
            Libc.statx_t status = TreeDirectory.Status(fd, difference.Path);
            if ((status.stx_mode & Libc.S_IFMT) != Libc.S_IFREG)
            {
                throw FileContent.Changed(difference.Path);
            }

            if (WriteAsLink(status, difference.Path))
            {
                return;
            }

            Prepare(status, TarEntryType.File, difference.Path);
            _entry.Size = (long)status.stx_size;
            FileAttributesReader.Read(fd, difference.Path, _entry.Attributes);
            Write();
            FileContent.Copy(fd, _entry.Size, writer, _buffer, difference.Path, cancel);
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }

    private void WriteNode(in Difference difference)
    {
        Libc.statx_t status = difference.Status;
        if (WriteAsLink(status, difference.Path))
        {
            return;
        }

        uint type = status.stx_mode & Libc.S_IFMT;
        Prepare(
            status,
            type switch
            {
                Libc.S_IFLNK => TarEntryType.SymbolicLink,
                Libc.S_IFCHR => TarEntryType.CharacterDevice,
                Libc.S_IFBLK => TarEntryType.BlockDevice,
                _ => TarEntryType.Fifo,
            },
            difference.Path);
        if (type == Libc.S_IFLNK)
        {
            byte[] target = TreeDirectory.ReadLink(difference.Parent, difference.Name);
            if (target.Length == 0)
            {
                return;
            }

            _entry.LinkName.Set(target);
        }

        Write();
    }

    private bool WriteAsLink(in Libc.statx_t status, ReadOnlySpan<byte> path)
    {
        if (status.stx_nlink < 2)
        {
            return false;
        }

        (ulong, uint, uint) key = (status.stx_ino, status.stx_dev_major, status.stx_dev_minor);
        if (!_linked.TryGetValue(key, out byte[]? first))
        {
            _linked[key] = path.ToArray();
            return false;
        }

        Prepare(status, TarEntryType.HardLink, path);
        _entry.LinkName.Set(first);
        Write();
        return true;
    }

    private void Prepare(in Libc.statx_t status, TarEntryType type, ReadOnlySpan<byte> path)
    {
        _entry.Clear();
        _entry.Type = type;
        _entry.Name.Set(path);
        _entry.Mode = status.stx_mode & 0xFFFu;
        _entry.Uid = status.stx_uid;
        _entry.Gid = status.stx_gid;
        _entry.Seconds = Math.Min(status.stx_mtime.tv_sec, latest);
        if (type is TarEntryType.CharacterDevice or TarEntryType.BlockDevice)
        {
            _entry.DeviceMajor = status.stx_rdev_major;
            _entry.DeviceMinor = status.stx_rdev_minor;
        }
    }

    private void Write()
    {
        Any = true;
        writer.WriteEntry(_entry);
    }
}
