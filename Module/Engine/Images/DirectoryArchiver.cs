using System.Runtime.InteropServices;
using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>
/// Writes a directory as a tar that depends on its content only: sorted by bytes, whole seconds, no names of accounts, hard
/// links to the first name met. Sockets are left out, other mounts come as empty directories. Walks by descriptors.
/// </summary>
internal sealed unsafe class DirectoryArchiver(TarWriter writer, int maxDepth, CancellationToken cancel)
{
    private const int ReadSize = 256 * 1024;
    private const int NamesSize = 32 * 1024;

    private readonly TarEntry _entry = new();
    private readonly ByteText _path = new();
    private readonly Dictionary<(ulong Inode, uint Major, uint Minor), byte[]> _linked = [];
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(ReadSize);
    private ulong _mount;

    /// <param name="source">A directory of the host; a link to one is followed.</param>
    /// <exception cref="LinuxException">Something cannot be read.</exception>
    /// <exception cref="EngineException">SourceChanged, ArchiveLimitExceeded.</exception>
    internal void Write(string source)
    {
        try
        {
            using SafeFileHandle root = SmallFile.OpenDirectory(source);
            Libc.statx_t status = RootedDirectory.StatHandle(root, source);
            _mount = status.stx_mnt_id;
            WriteDirectoryEntry(root, status, "./"u8);
            WriteChildren((int)root.DangerousGetHandle(), 0, 1);
        }
        catch (LinuxException e)
        {
            throw new EngineException(
                EngineErrorKind.ReadError, "SourceUnreadable", $"The directory '{source}' cannot be read: {e.Message}.", source,
                "Check its permissions and try again.", e);
        }
    }

    private static LinuxException Failed(string call, ReadOnlySpan<byte> path) => new(call, NativePath.ToText(path), Errno.Last);

    private static List<byte[]> ReadNames(int directory, ReadOnlySpan<byte> path)
    {
        List<byte[]> names = [];
        byte* buffer = (byte*)NativeMemory.Alloc(NamesSize);
        try
        {
            DirectoryReader reader = new(directory, buffer, NamesSize);
            while (reader.Next())
            {
                names.Add(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(reader.Name).ToArray());
            }

            if (reader.Error != 0)
            {
                throw new LinuxException("getdents64", NativePath.ToText(path), reader.Error);
            }
        }
        finally
        {
            NativeMemory.Free(buffer);
        }

        names.Sort((a, b) => a.AsSpan().SequenceCompareTo(b));
        return names;
    }

    private void WriteChildren(int directory, int pathLength, int depth)
    {
        if (depth > maxDepth)
        {
            throw ImageErrors.Limit($"the directory is deeper than {maxDepth} levels", "Raise the limit of depth.");
        }

        byte[] prefix = _path.Span[..pathLength].ToArray();
        foreach (byte[] name in ReadNames(directory, prefix))
        {
            cancel.ThrowIfCancellationRequested();
            _path.Set(prefix);
            _path.Append(name);
            WriteChild(directory, name, depth);
        }
    }

    private void WriteChild(int directory, byte[] name, int depth)
    {
        fixed (byte* native = NativePath.From(name))
        {
            Libc.statx_t status;
            uint mask = Libc.STATX_BASIC_STATS | Libc.STATX_MNT_ID;
            if (Libc.statx(directory, native, Libc.AT_SYMLINK_NOFOLLOW, mask, &status) != 0)
            {
                throw Failed("statx", _path.Span);
            }

            switch (status.stx_mode & Libc.S_IFMT)
            {
                case Libc.S_IFDIR:
                    WriteDirectory(directory, native, depth);
                    break;
                case Libc.S_IFREG:
                    WriteFile(directory, native);
                    break;
                case Libc.S_IFLNK:
                    Prepare(status, TarEntryType.SymbolicLink, _path.Span);
                    ReadLink(directory, native);
                    writer.WriteEntry(_entry);
                    break;
                case Libc.S_IFSOCK:
                    break;
                case uint type:
                    if (WriteAsLink(status))
                    {
                        break;
                    }

                    Prepare(
                        status,
                        type == Libc.S_IFCHR ? TarEntryType.CharacterDevice
                            : type == Libc.S_IFBLK ? TarEntryType.BlockDevice
                            : TarEntryType.Fifo,
                        _path.Span);
                    writer.WriteEntry(_entry);
                    break;
            }
        }
    }

    private void WriteDirectory(int parent, byte* name, int depth)
    {
        using SafeFileHandle handle = Open(parent, name, Libc.O_DIRECTORY);
        Libc.statx_t status = RootedDirectory.StatHandle(handle, NativePath.ToText(_path.Span));
        _path.Append("/"u8);
        int length = _path.Length;
        WriteDirectoryEntry(handle, status, _path.Span);
        if (status.stx_mnt_id == _mount)
        {
            WriteChildren((int)handle.DangerousGetHandle(), length, depth + 1);
        }
    }

    private void WriteDirectoryEntry(SafeFileHandle handle, in Libc.statx_t status, ReadOnlySpan<byte> path)
    {
        Prepare(status, TarEntryType.Directory, path);
        FileAttributesReader.Read((int)handle.DangerousGetHandle(), path, _entry.Attributes);
        writer.WriteEntry(_entry);
    }

    private void WriteFile(int parent, byte* name)
    {
        using SafeFileHandle handle = Open(parent, name, Libc.O_NONBLOCK | Libc.O_NOCTTY);
        Libc.statx_t status = RootedDirectory.StatHandle(handle, NativePath.ToText(_path.Span));
        if ((status.stx_mode & Libc.S_IFMT) != Libc.S_IFREG)
        {
            throw FileContent.Changed(_path.Span);
        }

        if (WriteAsLink(status))
        {
            return;
        }

        Prepare(status, TarEntryType.File, _path.Span);
        _entry.Size = (long)status.stx_size;
        FileAttributesReader.Read((int)handle.DangerousGetHandle(), _path.Span, _entry.Attributes);
        writer.WriteEntry(_entry);
        FileContent.Copy((int)handle.DangerousGetHandle(), _entry.Size, writer, _buffer, _path.Span, cancel);
    }

    private bool WriteAsLink(in Libc.statx_t status)
    {
        if (status.stx_nlink < 2)
        {
            return false;
        }

        (ulong, uint, uint) key = (status.stx_ino, status.stx_dev_major, status.stx_dev_minor);
        if (!_linked.TryGetValue(key, out byte[]? first))
        {
            _linked[key] = _path.Span.ToArray();
            return false;
        }

        Prepare(status, TarEntryType.HardLink, _path.Span);
        _entry.LinkName.Set(first);
        writer.WriteEntry(_entry);
        return true;
    }

    private SafeFileHandle Open(int parent, byte* name, int flags)
    {
        int fd = Libc.openat(parent, name, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC | flags, 0);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw Failed("openat", _path.Span);
    }

    private void Prepare(in Libc.statx_t status, TarEntryType type, ReadOnlySpan<byte> path)
    {
        _entry.Clear();
        _entry.Type = type;
        _entry.Name.Set(path);
        _entry.Mode = status.stx_mode & 0xFFFu;
        _entry.Uid = status.stx_uid;
        _entry.Gid = status.stx_gid;
        _entry.Seconds = status.stx_mtime.tv_sec;
        if (type is TarEntryType.CharacterDevice or TarEntryType.BlockDevice)
        {
            _entry.DeviceMajor = status.stx_rdev_major;
            _entry.DeviceMinor = status.stx_rdev_minor;
        }
    }

    private void ReadLink(int directory, byte* name)
    {
        byte* target = stackalloc byte[NativePath.MaxLength];
        nint length = Libc.readlinkat(directory, name, target, NativePath.MaxLength);
        if (length < 0)
        {
            throw Failed("readlinkat", _path.Span);
        }

        _entry.LinkName.Set(new ReadOnlySpan<byte>(target, (int)length));
    }
}
