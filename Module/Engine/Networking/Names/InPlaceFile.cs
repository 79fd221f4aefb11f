using Containers.Engine.Linux;

namespace Containers.Engine.Networking.Names;

/// <summary>
/// Changes the content of a file that is bind-mounted into a container. The mount is of the inode, so a file renamed over it would never be
/// seen inside; it is written over instead, and at no moment empty. What a container wrote into it is not trusted.
/// </summary>
internal static unsafe class InPlaceFile
{
    /// <summary>1 MiB: a container may write anything into its files, and an edit holds them in memory.</summary>
    internal const int MaxBytes = 1024 * 1024;

    /// <summary>The content, or null where there is no such file.</summary>
    /// <exception cref="EngineException">FileTooLarge.</exception>
    /// <exception cref="LinuxException">A link (ELOOP), no regular file (EINVAL), or unreadable.</exception>
    internal static byte[]? Read(string path)
    {
        try
        {
            return SmallFile.Read(path, MaxBytes);
        }
        catch (LinuxException e) when (e.Errno == Errno.EFBIG)
        {
            throw TooLarge(path, e);
        }
    }

    /// <summary>Writes content over that of an existing file.</summary>
    /// <exception cref="EngineException">FileTooLarge.</exception>
    /// <exception cref="LinuxException">No such file (ENOENT), a link (ELOOP), no regular file (EINVAL), or the call that failed.</exception>
    internal static void Replace(string path, ReadOnlySpan<byte> content)
    {
        if (content.Length > MaxBytes)
        {
            throw TooLarge(path, null);
        }

        // O_NONBLOCK: opening a pipe without a reader would wait for one.
        int fd = Files.Open(path, Libc.O_WRONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK | Libc.O_NOCTTY);
        if (fd < 0)
        {
            throw new LinuxException("open", path, fd == -Errno.ENXIO ? Errno.EINVAL : -fd);
        }

        try
        {
            long size = RegularSize(fd, path);

            // In one write, and over all that was there: between it and the truncation a reader finds empty lines at the end, which mean
            // nothing in these files, and not the end of the old content.
            byte[] padded = new byte[Math.Max(content.Length, (int)Math.Min(size, MaxBytes))];
            content.CopyTo(padded);
            padded.AsSpan(content.Length).Fill((byte)'\n');
            WriteAll(fd, padded, path);
            if (size > content.Length && Libc.ftruncate(fd, content.Length) != 0)
            {
                throw new LinuxException("ftruncate", path, Errno.Last);
            }
        }
        finally
        {
            Libc.close(fd);
        }
    }

    /// <summary>Reads, edits and writes; an edit that changes nothing writes nothing.</summary>
    /// <returns>Whether the file was changed.</returns>
    internal static bool Update(string path, Func<byte[], byte[]> edit)
    {
        byte[] before = Read(path) ?? throw new LinuxException("open", path, Errno.ENOENT);
        byte[] after = edit(before);
        if (before.AsSpan().SequenceEqual(after))
        {
            return false;
        }

        Replace(path, after);
        return true;
    }

    private static long RegularSize(int fd, string path)
    {
        Libc.statx_t status;
        byte empty = 0;
        if (Libc.statx(fd, &empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) != 0)
        {
            throw new LinuxException("statx", path, Errno.Last);
        }

        return (status.stx_mode & Libc.S_IFMT) == Libc.S_IFREG ? (long)status.stx_size : throw new LinuxException("write", path, Errno.EINVAL);
    }

    private static void WriteAll(int fd, ReadOnlySpan<byte> content, string path)
    {
        int done = 0;
        while (done < content.Length)
        {
            nint written;
            fixed (byte* start = content)
            {
                written = Libc.pwrite(fd, start + done, (nuint)(content.Length - done), done);
            }

            if (written >= 0)
            {
                done += (int)written;
            }
            else if (Errno.Last is var errno && errno != Errno.EINTR)
            {
                throw new LinuxException("write", path, errno);
            }
        }
    }

    private static EngineException TooLarge(string path, LinuxException? inner) => new(
        EngineErrorKind.LimitsExceeded, "FileTooLarge", $"The file \"{path}\" of a container would be, or is, larger than 1 MiB.", path,
        "Make it smaller inside the container, or restart the container to get a new one.", inner);
}
