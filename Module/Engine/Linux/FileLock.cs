namespace Containers.Engine.Linux;

/// <summary>Locks that die with their holder: flock(2) between sessions, open file description locks (fcntl(2)) of monitors.</summary>
internal sealed unsafe class FileLock : IDisposable
{
    /// <summary>Nobody replaces a file so often while others wait for it: the file system does not say which file is which.</summary>
    private const int MostMisses = 1000;

    private int _fd;

    private FileLock(int fd) => _fd = fd;

    /// <summary>Takes a lock exclusively. What is locked is the file that lies at the path when this returns.</summary>
    /// <returns>Null when the time is over.</returns>
    /// <exception cref="LinuxException">The file cannot be opened.</exception>
    internal static FileLock? TryTake(string path, TimeSpan timeout, CancellationToken cancellation) =>
        TryTake(path, Libc.LOCK_EX, timeout, cancellation);

    /// <summary>The same together with others that share it.</summary>
    internal static FileLock? TryShare(string path, TimeSpan timeout, CancellationToken cancellation) =>
        TryTake(path, Libc.LOCK_SH, timeout, cancellation);

    /// <summary>Takes a lock together with others who take it so; waits for one who has it alone.</summary>
    internal static FileLock TakeShared(string path, CancellationToken cancellation) =>
        TryTake(path, Libc.LOCK_SH, Timeout.InfiniteTimeSpan, cancellation)!;

    private static FileLock? TryTake(string path, int kind, TimeSpan timeout, CancellationToken cancellation)
    {
        long until = timeout == Timeout.InfiniteTimeSpan ? long.MaxValue : Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        for (int miss = 0; ; miss++)
        {
            int fd = Files.Open(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_NOFOLLOW, 0x180); // 0600
            if (fd < 0)
            {
                throw new LinuxException("open", path, -fd);
            }

            FileLock taken = new(fd);
            if (!taken.Await(kind, until, cancellation))
            {
                taken.Dispose();
                cancellation.ThrowIfCancellationRequested();
                return null;
            }

            // Who waited may hold what its last owner has removed or moved away: that is nobody's turn at this path.
            if (taken.IsAt(path))
            {
                return taken;
            }

            taken.Dispose();
            if (miss == MostMisses)
            {
                throw new LinuxException("flock", path, Errno.ESTALE);
            }
        }
    }

    private bool Await(int kind, long until, CancellationToken cancellation)
    {
        for (int wait = 1; Libc.flock(_fd, kind | Libc.LOCK_NB) < 0; wait = Math.Min(wait * 2, 20))
        {
            if (Environment.TickCount64 >= until || cancellation.WaitHandle.WaitOne(wait))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a monitor holds its lock: asked without taking it, so that nobody is ever in a monitor's way.</summary>
    internal static bool IsHeldByMonitor(string path)
    {
        int fd = Files.Open(path, Libc.O_RDWR | Libc.O_NOFOLLOW);
        if (fd < 0)
        {
            return false;
        }

        Libc.flock_t request = new() { l_type = Libc.F_WRLCK };
        int result = Libc.fcntl(fd, Libc.F_OFD_GETLK, (nint)(&request));
        Libc.close(fd);
        return result == 0 && request.l_type != Libc.F_UNLCK;
    }

    /// <summary>Whether the file of this name is still the one that is locked: it may have been removed, and made again, meanwhile.</summary>
    private bool IsAt(string path)
    {
        Libc.statx_t own;
        byte empty = 0;
        return Libc.statx(_fd, &empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &own) == 0
            && Files.TryIdentify(path, out Files.Identity there) && there.Inode == own.stx_ino;
    }

    public void Dispose()
    {
        if (_fd >= 0)
        {
            Libc.close(_fd);
            _fd = -1;
        }
    }
}
