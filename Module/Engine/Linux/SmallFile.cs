using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Linux;

/// <summary>
/// Small files that carry state: read with a limit and without trusting what the name points to, replaced in one step that
/// survives a power cut (written beside, synced, renamed, directory synced).
/// </summary>
internal static unsafe class SmallFile
{
    /// <summary>The content, or null where there is no such file.</summary>
    /// <param name="path">A path of the host below a directory that only the engine writes to.</param>
    /// <param name="maxBytes">Longer files are refused with EFBIG.</param>
    /// <exception cref="LinuxException">A link (ELOOP), no regular file (EINVAL), too long (EFBIG), or unreadable.</exception>
    internal static byte[]? Read(string path, int maxBytes)
    {
        int fd;
        fixed (byte* native = NativePath.From(path))
        {
            const int Flags = Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NONBLOCK | Libc.O_NOCTTY;
            fd = Libc.openat(Libc.AT_FDCWD, native, Flags | Libc.O_NOFOLLOW, 0);
        }

        if (fd < 0)
        {
            int error = Errno.Last;
            return error is Errno.ENOENT or Errno.ENOTDIR ? null : throw new LinuxException("open", path, error);
        }

        try
        {
            return ReadRegular(fd, path, maxBytes);
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }

    /// <summary>Reads an open file from its start if it is a regular one of at most <paramref name="maxBytes"/> bytes.</summary>
    internal static byte[] ReadRegular(int fd, string subject, int maxBytes)
    {
        Libc.statx_t status;
        byte empty = 0;
        if (Libc.statx(fd, &empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) != 0)
        {
            throw new LinuxException("statx", subject, Errno.Last);
        }

        uint type = status.stx_mode & Libc.S_IFMT;
        if (type != Libc.S_IFREG)
        {
            throw new LinuxException("read", subject, type == Libc.S_IFDIR ? Errno.EISDIR : Errno.EINVAL);
        }

        if (status.stx_size > (ulong)maxBytes)
        {
            throw new LinuxException("read", subject, Errno.EFBIG);
        }

        // The size is a hint: the file may grow while it is read, and files of procfs say 0.
        byte[] buffer = new byte[Math.Max((int)status.stx_size, 256) + 1];
        int length = 0;
        while (true)
        {
            nint got;
            fixed (byte* start = buffer)
            {
                got = Libc.pread(fd, start + length, (nuint)(buffer.Length - length), length);
            }

            if (got < 0)
            {
                int error = Errno.Last;
                if (error == Errno.EINTR)
                {
                    continue;
                }

                throw new LinuxException("read", subject, error);
            }

            if (got == 0)
            {
                return length == buffer.Length ? buffer : buffer.AsSpan(0, length).ToArray();
            }

            length += (int)got;
            if (length > maxBytes)
            {
                throw new LinuxException("read", subject, Errno.EFBIG);
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min((long)buffer.Length * 2, (long)maxBytes + 1));
            }
        }
    }

    /// <summary>Replaces or creates a file (mode 0600) so that after a crash there is the old content or the new, whole.</summary>
    /// <param name="path">A path of the host; its directory exists.</param>
    /// <exception cref="LinuxException">The call that failed; nothing is left beside the file.</exception>
    internal static void Replace(string path, ReadOnlySpan<byte> content)
    {
        string directory = Path.GetDirectoryName(path) ?? "/";
        string temporary = Path.Join(directory, "." + Guid.NewGuid().ToString("N"));
        using SafeFileHandle folder = OpenDirectory(directory);
        byte[] nativeTemporary = NativePath.From(temporary);
        byte[] nativePath = NativePath.From(path);
        fixed (byte* from = nativeTemporary, to = nativePath)
        {
            int fd = Libc.openat(
                Libc.AT_FDCWD, from, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0x180);
            if (fd < 0)
            {
                throw new LinuxException("open", temporary, Errno.Last);
            }

            try
            {
                try
                {
                    WriteAll(fd, content, path);
                    Check(Libc.fsync(fd), "fsync", path);
                }
                finally
                {
                    _ = Libc.close(fd);
                }

                Check(Libc.renameat(Libc.AT_FDCWD, from, Libc.AT_FDCWD, to), "rename", path);
            }
            catch
            {
                _ = Libc.unlinkat(Libc.AT_FDCWD, from, 0);
                throw;
            }
        }

        Sync(folder, directory);
    }

    /// <summary>Removes a file; false where there is none.</summary>
    internal static bool Remove(string path)
    {
        fixed (byte* native = NativePath.From(path))
        {
            if (Libc.unlinkat(Libc.AT_FDCWD, native, 0) == 0)
            {
                return true;
            }
        }

        int error = Errno.Last;
        return error == Errno.ENOENT ? false : throw new LinuxException("unlink", path, error);
    }

    /// <summary>Opens a directory of the host for reading.</summary>
    internal static SafeFileHandle OpenDirectory(string path)
    {
        fixed (byte* native = NativePath.From(path))
        {
            int fd = Libc.openat(Libc.AT_FDCWD, native, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
            return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw new LinuxException("open", path, Errno.Last);
        }
    }

    /// <summary>Makes renames and removals in a directory survive a power cut.</summary>
    internal static void Sync(SafeFileHandle directory, string path) =>
        Check(Libc.fsync((int)directory.DangerousGetHandle()), "fsync", path);

    private static void WriteAll(int fd, ReadOnlySpan<byte> content, string subject)
    {
        while (!content.IsEmpty)
        {
            nint written;
            fixed (byte* start = content)
            {
                written = Libc.write(fd, start, (nuint)content.Length);
            }

            if (written < 0)
            {
                int error = Errno.Last;
                if (error == Errno.EINTR)
                {
                    continue;
                }

                throw new LinuxException("write", subject, error);
            }

            content = content[(int)written..];
        }
    }

    private static void Check(int result, string call, string subject)
    {
        if (result != 0)
        {
            throw new LinuxException(call, subject, Errno.Last);
        }
    }
}
