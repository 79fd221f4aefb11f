using System.Diagnostics;
using System.Globalization;
using System.Text;
using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>
/// The lock under which names, image configurations and the places of layers change: held for milliseconds, never while
/// something is extracted or deleted. Readers take no lock. The kernel drops it when its holder dies.
/// </summary>
internal static unsafe class StoreLock
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <exception cref="EngineException">ImageStoreBusy, naming the process that holds it.</exception>
    internal static SafeFileHandle Take(string dataRoot, CancellationToken cancel)
    {
        string path = Path.Join(dataRoot, "images.lock");
        SafeFileHandle handle = Open(path);
        int fd = (int)handle.DangerousGetHandle();
        long start = Stopwatch.GetTimestamp();
        int pause = 1;
        try
        {
            while (Libc.flock(fd, Libc.LOCK_EX | Libc.LOCK_NB) != 0)
            {
                int error = Errno.Last;
                if (error is not (Errno.EAGAIN or Errno.EINTR))
                {
                    throw new LinuxException("flock", path, error);
                }

                if (Stopwatch.GetElapsedTime(start) > s_patience)
                {
                    throw Busy(path);
                }

                cancel.WaitHandle.WaitOne(pause);
                cancel.ThrowIfCancellationRequested();
                pause = Math.Min(pause * 2, 50);
            }

            byte[] owner = Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture).PadRight(10) + "\n");
            fixed (byte* text = owner)
            {
                // Only for the message above; a full disk must not stop a removal.
                _ = Libc.pwrite(fd, text, (nuint)owner.Length, 0);
            }

            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
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

    private static EngineException Busy(string path)
    {
        byte[] owner = SmallFile.Read(path, 64) ?? [];
        string pid = Encoding.ASCII.GetString(owner).Trim();
        return new EngineException(
            EngineErrorKind.ResourceBusy, "ImageStoreBusy", $"Process {pid} has held the lock of the image store for 30 seconds.", path,
            $"Look at process {pid}; end it if it hangs.");
    }
}
