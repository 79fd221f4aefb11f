using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>
/// The right to receive one layer: sessions that want the same one wait for the first. An empty file, locked by flock(2); its holder
/// removes it, and the kernel drops the lock of a holder that died.
/// </summary>
internal sealed unsafe class ReceiveLock : IDisposable
{
    internal const string Prefix = "receiving-";

    private const int MaxPause = 50;

    private readonly string _path;
    private readonly SafeFileHandle _handle;

    private ReceiveLock(string path, SafeFileHandle handle)
    {
        _path = path;
        _handle = handle;
    }

    /// <summary>Waits as long as it takes: the holder may have gigabytes to fetch.</summary>
    internal static ReceiveLock Take(string path, CancellationToken cancel)
    {
        int pause = 1;
        while (true)
        {
            SafeFileHandle handle = Open(path);
            try
            {
                while (Libc.flock((int)handle.DangerousGetHandle(), Libc.LOCK_EX | Libc.LOCK_NB) != 0)
                {
                    int error = Errno.Last;
                    if (error is not (Errno.EAGAIN or Errno.EINTR))
                    {
                        throw new LinuxException("flock", path, error);
                    }

                    cancel.WaitHandle.WaitOne(pause);
                    cancel.ThrowIfCancellationRequested();
                    pause = Math.Min(pause * 2, MaxPause);
                }

                // The holder before may have removed the file after it was opened here: then somebody else can hold the one that has the
                // name now.
                if (IsStill(handle, path))
                {
                    ReceiveLock result = new(path, handle);
                    handle = new SafeFileHandle(-1, ownsHandle: false);
                    return result;
                }
            }
            finally
            {
                handle.Dispose();
            }
        }
    }

    public void Dispose()
    {
        // Removed before it is let go: whoever waits for it finds out and takes a new one.
        try
        {
            SmallFile.Remove(_path);
        }
        finally
        {
            _handle.Dispose();
        }
    }

    /// <summary>
    /// Removes what holders left that died after their layer was in place, or whose last removal a power cut took back: that layer is there, so
    /// nobody would come for its lock again.
    /// </summary>
    /// <param name="folder">An existing directory.</param>
    internal static void Sweep(string folder)
    {
        foreach (string path in Directory.EnumerateFiles(folder, Prefix + "*"))
        {
            fixed (byte* native = NativePath.From(path))
            {
                int fd = Libc.openat(Libc.AT_FDCWD, native, Libc.O_RDWR | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0);
                using SafeFileHandle handle = new(fd, ownsHandle: true);
                if (fd >= 0 && Libc.flock(fd, Libc.LOCK_EX | Libc.LOCK_NB) == 0 && IsStill(handle, path))
                {
                    SmallFile.Remove(path);
                }
            }
        }
    }

    private static SafeFileHandle Open(string path)
    {
        fixed (byte* native = NativePath.From(path))
        {
            int fd = Libc.openat(Libc.AT_FDCWD, native, Libc.O_RDWR | Libc.O_CREAT | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0x180);
            return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw new LinuxException("open", path, Errno.Last);
        }
    }

    private static bool IsStill(SafeFileHandle handle, string path)
    {
        Libc.statx_t held;
        Libc.statx_t named;
        byte empty = 0;
        if (Libc.statx((int)handle.DangerousGetHandle(), &empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &held) != 0)
        {
            throw new LinuxException("statx", path, Errno.Last);
        }

        fixed (byte* native = NativePath.From(path))
        {
            if (Libc.statx(Libc.AT_FDCWD, native, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, &named) != 0)
            {
                int error = Errno.Last;
                return error == Errno.ENOENT ? false : throw new LinuxException("statx", path, error);
            }
        }

        return held.stx_ino == named.stx_ino && held.stx_dev_major == named.stx_dev_major && held.stx_dev_minor == named.stx_dev_minor;
    }
}
