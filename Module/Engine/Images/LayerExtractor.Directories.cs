using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>Parents, whiteouts, and what directories get at the end.</summary>
internal sealed unsafe partial class LayerExtractor
{
    private const uint ImplicitMode = 0x1ED;

    /// <summary>What a directory still needs once nothing more is put into it.</summary>
    private readonly record struct PendingDirectory(
        byte[] Path, ulong Inode, uint Mode, long Seconds, uint Nanoseconds, bool HasTime);

    private static bool IsWhiteout(in Libc.statx_t status) =>
        (status.stx_mode & Libc.S_IFMT) == Libc.S_IFCHR && status is { stx_rdev_major: 0, stx_rdev_minor: 0 };

    private int OpenParent(ParentCache cache, EntryPath path, bool create = true)
    {
        if (cache.TryGet(path.Parent, out int cached))
        {
            return cached;
        }

        bool throughLinks = false;
        int fd = OpenDirectory(path, path.NameStart - 1, ref throughLinks);
        if (fd < 0)
        {
            if (Errno.Last != Errno.ENOENT || !create)
            {
                throw Failed("openat2", path);
            }

            fd = MakeParents(path, ref throughLinks);
        }

        cache.Set(path.Parent, fd, throughLinks ? RealPath.Of(_root, fd) : null);
        return fd;
    }

    /// <summary>
    /// Opens the first bytes of a path as a directory (O_PATH) inside the root; -1 with errno. Links of the image are followed, but
    /// the caller hears of it: the index names places, not ways.
    /// </summary>
    private int OpenDirectory(EntryPath path, int length, ref bool throughLinks)
    {
        byte after = path.Bytes[length];
        path.Bytes[length] = 0;
        try
        {
            fixed (byte* bytes = path.Bytes)
            {
                int fd = RealPath.TryOpenDirectory(_root, bytes);
                if (fd < 0 && Errno.Last == Errno.ELOOP)
                {
                    throughLinks = true;
                    fd = RootedDirectory.TryOpen(_root, bytes, Libc.O_PATH | Libc.O_DIRECTORY);
                }

                return fd;
            }
        }
        finally
        {
            path.Bytes[length] = after;
        }
    }

    /// <summary>Creates what is missing on the way to an entry, as docker does: mode 0755, owned by root.</summary>
    private int MakeParents(EntryPath path, ref bool throughLinks)
    {
        int current = -1;
        int start = 0;
        int parentLength = path.NameStart - 1;
        try
        {
            while (true)
            {
                int slash = path.Bytes.AsSpan(start, parentLength - start).IndexOf((byte)'/');
                int end = slash < 0 ? parentLength : start + slash;
                int next = OpenDirectory(path, end, ref throughLinks);
                if (next < 0)
                {
                    if (Errno.Last != Errno.ENOENT)
                    {
                        throw Failed("openat2", path);
                    }

                    next = MakeDirectory(current < 0 ? _root : current, path, start, end);
                }

                if (current >= 0)
                {
                    _ = Libc.close(current);
                }

                current = next;
                if (end == parentLength)
                {
                    return current;
                }

                start = end + 1;
            }
        }
        catch
        {
            if (current >= 0)
            {
                _ = Libc.close(current);
            }

            throw;
        }
    }

    private int MakeDirectory(int parent, EntryPath path, int start, int end)
    {
        if (++_entries > _limits.MaxEntries)
        {
            throw ImageErrors.Limit(
                $"it has more than {_limits.MaxEntries} entries", "Raise the limit of entries if you trust the archive.");
        }

        byte after = path.Bytes[end];
        path.Bytes[end] = 0;
        try
        {
            fixed (byte* bytes = path.Bytes)
            {
                // EEXIST here is a link that leads nowhere: refused, nothing can be created through it safely.
                if (Libc.mkdirat(parent, bytes + start, 0x1C0) != 0)
                {
                    throw Failed("mkdirat", path);
                }

                int fd = Libc.openat(parent, bytes + start, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0);
                if (fd < 0)
                {
                    throw Failed("openat", path);
                }

                _directories.Add(new PendingDirectory(
                    path.Bytes.AsSpan(0, end).ToArray(), Status(fd, path).stx_ino, ImplicitMode, 0, 0, HasTime: false));
                return fd;
            }
        }
        finally
        {
            path.Bytes[end] = after;
        }
    }

    private void FinishDirectories()
    {
        Libc.timespec* times = stackalloc Libc.timespec[2];
        foreach (PendingDirectory directory in _directories)
        {
            byte[] path = directory.Path.Length == 0 ? "."u8.ToArray() : directory.Path;
            int fd;
            fixed (byte* bytes = NativePath.From(path))
            {
                fd = RootedDirectory.TryOpen(_root, bytes, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            }

            if (fd < 0)
            {
                // A later entry put something else in its place.
                if (Errno.Last is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP)
                {
                    continue;
                }

                throw new LinuxException("openat2", NativePath.ToText(path), Errno.Last);
            }

            try
            {
                FinishDirectory(fd, directory, times);
            }
            finally
            {
                _ = Libc.close(fd);
            }
        }
    }

    private void FinishDirectory(int fd, in PendingDirectory directory, Libc.timespec* times)
    {
        _path.Set(directory.Path.Length == 0 ? "."u8 : directory.Path, int.MaxValue);
        if (Status(fd, _path).stx_ino != directory.Inode)
        {
            return;
        }

        if (Libc.fchmod(fd, directory.Mode) != 0)
        {
            throw Failed("fchmod", _path);
        }

        if (directory.HasTime)
        {
            Fill(times, directory.Seconds, directory.Nanoseconds);
            byte empty = 0;
            if (Libc.utimensat(fd, &empty, times, Libc.AT_EMPTY_PATH) != 0)
            {
                throw Failed("utimensat", _path);
            }
        }
    }

    /// <summary>
    /// True when the entry was a whiteout (OCI image specification, layer.md, "Whiteouts"). A whiteout hides lower layers only:
    /// what this layer has itself stays, and a directory of it becomes opaque.
    /// </summary>
    private bool HandleWhiteout(TarEntry entry)
    {
        ReadOnlySpan<byte> prefix = ".wh."u8;
        if (_path.Path.IndexOf(prefix) < 0)
        {
            return false;
        }

        // aufs kept its own files in every layer (.wh..wh.aufs, .wh..wh.plnk/...): they mean nothing here.
        ReadOnlySpan<byte> name = _path.Name;
        bool opaque = name.SequenceEqual(".wh..wh..opq"u8);
        ReadOnlySpan<byte> parent = _path.Parent;
        if (parent.StartsWith(".wh..wh."u8) || parent.IndexOf("/.wh..wh."u8) >= 0
            || (!opaque && name.StartsWith(".wh..wh."u8)))
        {
            return true;
        }

        if (parent.StartsWith(prefix) || parent.IndexOf("/.wh."u8) >= 0)
        {
            throw ImageErrors.Unsafe(entry.Name.Span, "names that begin with .wh. are reserved");
        }

        if (!name.StartsWith(prefix))
        {
            return false;
        }

        int directory = OpenParent(_parents, _path);
        if (opaque)
        {
            byte self = (byte)'.';
            byte* dot = stackalloc byte[2] { self, 0 };
            MakeOpaque(directory, dot);
            return true;
        }

        ReadOnlySpan<byte> hidden = name[prefix.Length..];
        if (hidden.IsEmpty || hidden.SequenceEqual("."u8) || hidden.SequenceEqual(".."u8))
        {
            throw ImageErrors.Unsafe(entry.Name.Span, "it is a whiteout of nothing");
        }

        _path.CutName(prefix.Length);
        fixed (byte* bytes = _path.Bytes)
        {
            byte* target = bytes + _path.NameStart;
            if (Libc.mknodat(directory, target, Libc.S_IFCHR, 0) != 0)
            {
                if (Errno.Last != Errno.EEXIST)
                {
                    throw Failed("mknodat", _path);
                }

                if (IsDirectory(directory, target))
                {
                    MakeOpaque(directory, target);
                }
            }
        }

        return true;
    }

    private void MakeOpaque(int parent, byte* name)
    {
        int fd = Libc.openat(parent, name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            throw Failed("openat", _path);
        }

        try
        {
            byte yes = (byte)'y';
            fixed (byte* attribute = "trusted.overlay.opaque\0"u8)
            {
                if (Libc.fsetxattr(fd, attribute, &yes, 1, 0) != 0)
                {
                    throw Failed("fsetxattr", _path);
                }
            }
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }

    private static Libc.statx_t Status(int fd, EntryPath path)
    {
        Libc.statx_t status;
        byte empty = 0;
        return Libc.statx(fd, &empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) == 0 ? status : throw Failed("statx", path);
    }

    private static Libc.statx_t StatusByName(int parent, byte* name, EntryPath path)
    {
        Libc.statx_t status;
        return Libc.statx(parent, name, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, &status) == 0
            ? status
            : throw Failed("statx", path);
    }

    private bool IsDirectory(int parent, byte* name) =>
        (StatusByName(parent, name, _path).stx_mode & Libc.S_IFMT) == Libc.S_IFDIR;

    private bool IsWhiteout(int parent, byte* name) => IsWhiteout(StatusByName(parent, name, _path));
}
