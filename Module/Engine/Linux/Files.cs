using System.Text;

namespace Containers.Engine.Linux;

/// <summary>Small file operations by path, with the errors of <see cref="LinuxException"/>.</summary>
internal static unsafe class Files
{
    /// <summary>Identity of a file's content as far as rename-replaced files go: a new content is a new inode or a new time.</summary>
    internal readonly record struct Identity(ulong Inode, ulong Size, long Seconds, uint Nanoseconds);

    /// <returns>False when there is no such file.</returns>
    internal static bool TryIdentify(string path, out Identity identity)
    {
        Span<byte> buffer = stackalloc byte[512];
        Libc.statx_t status;
        int result;
        fixed (byte* p = Terminated(path, buffer))
        {
            result = Libc.statx(Libc.AT_FDCWD, p, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, &status);
        }

        identity = result < 0 ? default : new(status.stx_ino, status.stx_size, status.stx_mtime.tv_sec, status.stx_mtime.tv_nsec);
        return result == 0;
    }

    /// <summary>open(2) with O_CLOEXEC.</summary>
    /// <returns>The descriptor, or minus errno.</returns>
    internal static int Open(string path, int flags, uint mode = 0)
    {
        Span<byte> buffer = stackalloc byte[512];
        fixed (byte* p = Terminated(path, buffer))
        {
            int fd = Libc.openat(Libc.AT_FDCWD, p, flags | Libc.O_CLOEXEC, mode);
            return fd < 0 ? -Errno.Last : fd;
        }
    }

    internal static void MakeDirectory(string path, uint mode)
    {
        Span<byte> buffer = stackalloc byte[512];
        fixed (byte* p = Terminated(path, buffer))
        {
            if (Libc.mkdirat(Libc.AT_FDCWD, p, mode) < 0 && Errno.Last != Errno.EEXIST)
            {
                throw new LinuxException("mkdir", path, Errno.Last);
            }
        }
    }

    /// <summary>With those above it that are missing.</summary>
    internal static void MakeDirectories(string path, uint mode)
    {
        if (!Directory.Exists(path))
        {
            if (Path.GetDirectoryName(path) is { } parent)
            {
                MakeDirectories(parent, mode);
            }

            MakeDirectory(path, mode);
        }
    }

    internal static void SyncDirectory(string path)
    {
        int fd = Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY);
        if (fd < 0)
        {
            throw new LinuxException("open", path, -fd);
        }

        int result = Libc.fsync(fd);
        int errno = Errno.Last;
        Libc.close(fd);
        if (result < 0)
        {
            throw new LinuxException("fsync", path, errno);
        }
    }

    internal static void Rename(string from, string to)
    {
        Span<byte> buffer = stackalloc byte[512];
        Span<byte> buffer2 = stackalloc byte[512];
        fixed (byte* p = Terminated(from, buffer), q = Terminated(to, buffer2))
        {
            if (Libc.renameat(Libc.AT_FDCWD, p, Libc.AT_FDCWD, q) < 0)
            {
                throw new LinuxException("rename", from, Errno.Last);
            }
        }
    }

    /// <summary>Renames a directory.</summary>
    /// <returns>False when there is none, or another one of the new name is there.</returns>
    internal static bool TryRename(string from, string to)
    {
        try
        {
            Rename(from, to);
            return true;
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.EEXIST or Errno.ENOTEMPTY)
        {
            return false;
        }
    }

    /// <summary>Gives a file another name.</summary>
    /// <returns>False when there is no such file, or its file system has no (more) links for it.</returns>
    internal static bool TryLink(string existing, string path) => Link(existing, path, Errno.ENOENT, Errno.EXDEV, Errno.EMLINK, Errno.EPERM);

    /// <summary>Gives a file another name that nothing has yet.</summary>
    /// <returns>False when something has it.</returns>
    internal static bool TryLinkNew(string existing, string path) => Link(existing, path, Errno.EEXIST);

    private static bool Link(string existing, string path, params ReadOnlySpan<int> refusals)
    {
        Span<byte> buffer = stackalloc byte[512];
        Span<byte> buffer2 = stackalloc byte[512];
        fixed (byte* p = Terminated(existing, buffer), q = Terminated(path, buffer2))
        {
            return Libc.linkat(Libc.AT_FDCWD, p, Libc.AT_FDCWD, q, 0) == 0
                || (refusals.Contains(Errno.Last) ? false : throw new LinuxException("link", path, Errno.Last));
        }
    }

    internal static void ChangeOwner(Microsoft.Win32.SafeHandles.SafeFileHandle file, uint uid, uint gid)
    {
        byte empty = 0;
        if (Libc.fchownat((int)file.DangerousGetHandle(), &empty, uid, gid, Libc.AT_EMPTY_PATH) != 0)
        {
            throw new LinuxException("fchownat", "volume", Errno.Last);
        }
    }

    /// <summary>Each gets the other's name, at once.</summary>
    internal static void Exchange(string one, string other)
    {
        Span<byte> buffer = stackalloc byte[512];
        Span<byte> buffer2 = stackalloc byte[512];
        fixed (byte* p = Terminated(one, buffer), q = Terminated(other, buffer2))
        {
            if (Libc.renameat2(Libc.AT_FDCWD, p, Libc.AT_FDCWD, q, Libc.RENAME_EXCHANGE) < 0)
            {
                throw new LinuxException("renameat2", one, Errno.Last);
            }
        }
    }

    /// <summary>Writes a small new file in one call.</summary>
    internal static void Write(string path, ReadOnlySpan<byte> content, uint mode)
    {
        int fd = Open(path, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_TRUNC | Libc.O_NOFOLLOW, mode);
        if (fd < 0)
        {
            throw new LinuxException("open", path, -fd);
        }

        nint written;
        int errno;
        fixed (byte* p = content)
        {
            written = Libc.write(fd, p, (nuint)content.Length);
            errno = written < 0 ? Errno.Last : Errno.ENOSPC;
        }

        Libc.close(fd);
        if (written != content.Length)
        {
            throw new LinuxException("write", path, errno);
        }
    }

    private static ReadOnlySpan<byte> Terminated(string path, Span<byte> buffer)
    {
        int size = Encoding.UTF8.GetByteCount(path);
        Span<byte> room = size < buffer.Length ? buffer : new byte[size + 1];
        Encoding.UTF8.GetBytes(path, room);
        room[size] = 0;
        return room[..(size + 1)];
    }
}
