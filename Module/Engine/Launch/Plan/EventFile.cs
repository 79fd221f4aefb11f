using Containers.Engine.Linux;

namespace Containers.Engine.Launch.Plan;

/// <summary>
/// The log of events on disk, as sessions and monitors write it: one JSON object a line, in the order in which things happened. When the file
/// is full it is renamed to <c>events.log.1</c>, and the next record begins a new one; the one that had this name before is gone.
/// </summary>
/// <remarks>
/// {"time":NANOSECONDS,"type":"Container","action":"die","id":"…","name":"…","attributes":{"image":"…","exitCode":"0"}}
/// <para>
/// A record is one write(2) with O_APPEND, under a flock(2) of the file that makes times and lines have the same order and that nobody holds
/// longer than a record takes. A writer that does not get it writes all the same: an event must not hold up what it tells of. Nothing is
/// synced. Half a record, which only a full disk or a kill can leave, is cut off again or passed over by readers: a record begins with
/// <see cref="Begin"/>, which no text in JSON can contain. Allocates nothing: the monitor writes with it, too.
/// </para>
/// </remarks>
internal static unsafe class EventFile
{
    internal const string Name = "events.log";

    /// <summary>Added to <see cref="Name"/> for the file before.</summary>
    internal const string OlderSuffix = ".1";

    /// <summary>Bytes after which the next file begins: with some 400 bytes a record two files hold 20000 events.</summary>
    internal const long MaximumBytes = 4 << 20;

    /// <summary>Longer records are not written; a container's labels are left out before.</summary>
    internal const int MaximumRecord = 64 << 10;

    /// <summary>Digits of <see cref="Begin"/>'s time: nanoseconds since 1970 have 19 until the year 2286.</summary>
    internal const int TimeDigits = 19;

    /// <summary>How long the lock is waited for: long for a busy machine, short for whoever meets a holder that was stopped.</summary>
    private const int PatienceMilliseconds = 500;

    /// <summary>What every record begins with; the time follows.</summary>
    internal static ReadOnlySpan<byte> Begin => "{\"time\":"u8;

    /// <summary>Appends one record and begins a new file when this one is full.</summary>
    /// <param name="path">Path of <see cref="Name"/>; its directory is made when it is missing, but not the one above.</param>
    /// <param name="parts">The record: begins with <see cref="Begin"/> and room for the time, ends with a line feed.</param>
    /// <param name="count">Number of parts.</param>
    /// <returns>0 or an errno. Nobody should fail because of it.</returns>
    internal static int Append(byte* path, Libc.iovec* parts, int count)
    {
        nint total = 0;
        for (int i = 0; i < count; i++)
        {
            total += (nint)parts[i].iov_len;
        }

        if (total > MaximumRecord)
        {
            return Errno.EFBIG;
        }

        int fd = Open(path, out bool locked, out long size, out int errno);
        if (fd < 0)
        {
            return errno;
        }

        WriteTime(parts[0].iov_base + Begin.Length);
        nint written = Libc.writev(fd, parts, count);
        errno = written == total ? 0 : written < 0 ? Errno.Last : Errno.ENOSPC;
        if (locked)
        {
            if (written > 0 && written < total)
            {
                Libc.ftruncate(fd, size);
            }
            else if (written == total && size + total >= MaximumBytes)
            {
                Rotate(path);
            }
        }

        Libc.close(fd);
        return errno;
    }

    /// <summary>Opens and locks the file that has the name now: another one may have been begun between the two.</summary>
    private static int Open(byte* path, out bool locked, out long size, out int errno)
    {
        int flags = Libc.O_WRONLY | Libc.O_APPEND | Libc.O_CREAT | Libc.O_NOFOLLOW | Libc.O_NONBLOCK | Libc.O_CLOEXEC;
        locked = false;
        size = 0;
        errno = 0;
        for (int attempt = 0; ; attempt++)
        {
            int fd = Libc.openat(Libc.AT_FDCWD, path, flags, 0x180); // 0600
            if (fd < 0)
            {
                errno = Errno.Last;
                if (errno != Errno.ENOENT || attempt > 3 || !MakeDirectory(path))
                {
                    return -1;
                }

                continue;
            }

            locked = TryLock(fd);
            Libc.statx_t own;
            Libc.statx_t named;
            byte empty = 0;
            if (Libc.statx(fd, &empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &own) < 0)
            {
                errno = Errno.Last;
                Libc.close(fd);
                return -1;
            }

            size = (long)own.stx_size;
            bool current = Libc.statx(Libc.AT_FDCWD, path, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, &named) == 0
                && named.stx_ino == own.stx_ino && named.stx_dev_major == own.stx_dev_major && named.stx_dev_minor == own.stx_dev_minor;
            if (current || attempt > 3)
            {
                return fd;
            }

            Libc.close(fd);
        }
    }

    private static bool TryLock(int fd)
    {
        for (int waited = 0; Libc.flock(fd, Libc.LOCK_EX | Libc.LOCK_NB) < 0; waited++)
        {
            if (waited >= PatienceMilliseconds || Errno.Last is not (Errno.EAGAIN or Errno.EINTR))
            {
                return false;
            }

            Libc.poll(null, 0, 1);
        }

        return true;
    }

    private static bool MakeDirectory(byte* path)
    {
        int slash = -1;
        for (int i = 0; path[i] != 0; i++)
        {
            slash = path[i] == '/' ? i : slash;
        }

        if (slash <= 0)
        {
            return false;
        }

        path[slash] = 0;
        bool made = Libc.mkdirat(Libc.AT_FDCWD, path, 0x1C0) == 0 || Errno.Last == Errno.EEXIST; // 0700
        path[slash] = (byte)'/';
        return made;
    }

    private static void Rotate(byte* path)
    {
        int length = 0;
        while (path[length] != 0)
        {
            length++;
        }

        byte* older = stackalloc byte[length + 3];
        new ReadOnlySpan<byte>(path, length).CopyTo(new Span<byte>(older, length));
        ".1\0"u8.CopyTo(new Span<byte>(older + length, 3));
        Libc.renameat(Libc.AT_FDCWD, path, Libc.AT_FDCWD, older);
    }

    private static void WriteTime(byte* digits)
    {
        Libc.timespec now;
        Libc.clock_gettime(Libc.CLOCK_REALTIME, &now);
        long value = (now.tv_sec * 1_000_000_000) + now.tv_nsec;
        for (int i = TimeDigits - 1; i >= 0; i--)
        {
            digits[i] = (byte)('0' + (value % 10));
            value /= 10;
        }
    }
}
