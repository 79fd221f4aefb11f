using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Linux;

/// <summary>
/// A directory that is the root of somebody else's tree: an image's or a container's. Every path is resolved by the kernel
/// inside it (openat2 with RESOLVE_IN_ROOT and RESOLVE_NO_MAGICLINKS, see openat2(2)): absolute links, ".." and races with a
/// running container end up inside the root, never on the host.
/// </summary>
internal sealed unsafe class RootedDirectory : IDisposable
{
    private const ulong Resolve = Libc.RESOLVE_IN_ROOT | Libc.RESOLVE_NO_MAGICLINKS;
    private const int MaxRaces = 1000;

    /// <summary>Takes over a directory descriptor, O_PATH or readable.</summary>
    internal RootedDirectory(SafeFileHandle handle) => Handle = handle;

    /// <summary>The root's descriptor.</summary>
    internal SafeFileHandle Handle { get; }

    private int Fd => (int)Handle.DangerousGetHandle();

    /// <summary>Opens a directory of the host by a path that the caller trusts.</summary>
    /// <exception cref="LinuxException">It does not exist or is no directory.</exception>
    internal static RootedDirectory Open(string hostPath)
    {
        fixed (byte* path = NativePath.From(hostPath))
        {
            int fd = Libc.openat(Libc.AT_FDCWD, path, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
            return fd >= 0
                ? new RootedDirectory(new SafeFileHandle(fd, ownsHandle: true))
                : throw new LinuxException("open", hostPath, Errno.Last);
        }
    }

    /// <summary>openat2 inside a root: the descriptor, or -1 with errno set. EINTR and lost races are retried.</summary>
    internal static int TryOpen(int root, byte* path, int flags, uint mode = 0)
    {
        Libc.open_how how = new() { flags = (ulong)(uint)(flags | Libc.O_CLOEXEC), mode = mode, resolve = Resolve };
        for (int attempt = 0; ; attempt++)
        {
            int fd = Libc.openat2(root, path, &how);
            if (fd >= 0 || attempt >= MaxRaces || Errno.Last is not (Errno.EINTR or Errno.EAGAIN))
            {
                return fd;
            }
        }
    }

    /// <summary>Opens a file in the root. Without O_PATH add O_NONBLOCK where the image may have put a fifo.</summary>
    /// <param name="flags">O_ flags of open(2); O_CLOEXEC is always added.</param>
    /// <exception cref="LinuxException">With errno as openat2(2) gives it.</exception>
    internal SafeFileHandle OpenFile(string path, int flags, uint mode = 0) =>
        TryOpenFile(path, flags, mode) ?? throw new LinuxException("openat2", path, Errno.ENOENT);

    /// <summary>As <see cref="OpenFile"/>; null where a part of the path does not exist.</summary>
    internal SafeFileHandle? TryOpenFile(string path, int flags, uint mode = 0)
    {
        fixed (byte* native = NativePath.From(path))
        {
            int fd = TryOpen(Fd, native, flags, mode);
            if (fd >= 0)
            {
                return new SafeFileHandle(fd, ownsHandle: true);
            }
        }

        int error = Errno.Last;
        return error == Errno.ENOENT ? null : throw new LinuxException("openat2", path, error);
    }

    /// <summary>
    /// Opens (O_PATH) a directory in the root and creates what is missing of the path. Existing links are followed inside the
    /// root; a link that points to nothing is an error (EEXIST), as nothing can be created through it safely.
    /// </summary>
    /// <param name="mode">Permissions of the directories that are created, whatever the umask.</param>
    internal SafeFileHandle EnsureDirectory(string path, uint mode = 0x1ED)
    {
        const int Flags = Libc.O_PATH;
        SafeFileHandle? found = TryOpenFile(path.Length == 0 ? "." : path, Flags | Libc.O_DIRECTORY);
        if (found is not null)
        {
            return found;
        }

        SafeFileHandle current = OpenFile(".", Flags | Libc.O_DIRECTORY);
        StringBuilder walked = new();
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            walked.Append('/').Append(name);
            SafeFileHandle? next = TryOpenFile(walked.ToString(), Flags | Libc.O_DIRECTORY);
            if (next is null)
            {
                MakeDirectory((int)current.DangerousGetHandle(), name, mode, walked.ToString());
                next = OpenFile(walked.ToString(), Flags | Libc.O_DIRECTORY);
            }

            current.Dispose();
            current = next;
        }

        return current;
    }

    /// <summary>
    /// Reads a whole small file, for example /etc/passwd of an image: regular files only, never blocking on a fifo, never more
    /// than the limit (CVE-2026-47262, CVE-2024-9676).
    /// </summary>
    /// <param name="followLast">Whether the last part of the path may be a link (inside the root).</param>
    /// <returns>The content, or null where there is no such file.</returns>
    /// <exception cref="LinuxException">A link (ELOOP), a directory (EISDIR), another type (EINVAL), too long (EFBIG).</exception>
    internal byte[]? ReadSmallFile(string path, int maxBytes, bool followLast = false)
    {
        int flags = Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOCTTY | (followLast ? 0 : Libc.O_NOFOLLOW);
        try
        {
            // Opening a device may already do something (rewind a tape, start a watchdog): look first, then open that very file.
            using SafeFileHandle? path1 = TryOpenFile(path, Libc.O_PATH | (followLast ? 0 : Libc.O_NOFOLLOW));
            if (path1 is null)
            {
                return null;
            }

            uint type = StatHandle(path1, path).stx_mode & Libc.S_IFMT;
            if (type != Libc.S_IFREG)
            {
                int error = type switch { Libc.S_IFLNK => Errno.ELOOP, Libc.S_IFDIR => Errno.EISDIR, _ => Errno.EINVAL };
                throw new LinuxException("read", path, error);
            }

            using SafeFileHandle? file = TryOpenFile(path, flags);
            return file is null ? null : SmallFile.ReadRegular((int)file.DangerousGetHandle(), path, maxBytes);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOTDIR)
        {
            return null;
        }
    }

    /// <summary>statx of a path in the root; false where it does not exist.</summary>
    internal bool TryStat(string path, out Libc.statx_t status, bool followLast = true)
    {
        using SafeFileHandle? file = TryOpenFile(path, Libc.O_PATH | (followLast ? 0 : Libc.O_NOFOLLOW));
        if (file is null)
        {
            status = default;
            return false;
        }

        status = StatHandle(file, path);
        return true;
    }

    /// <summary>Removes a file or a whole tree in the root; a missing one is no error. The root itself is refused (EBUSY).</summary>
    internal void RemoveTree(string path)
    {
        string trimmed = path.TrimEnd('/');
        int slash = trimmed.LastIndexOf('/');
        string name = trimmed[(slash + 1)..];
        if (name is "" or "." or "..")
        {
            throw new LinuxException("unlinkat", path, Errno.EBUSY);
        }

        string parent = slash <= 0 ? "." : trimmed[..slash];
        using SafeFileHandle? directory = TryOpenFile(parent, Libc.O_PATH | Libc.O_DIRECTORY);
        if (directory is not null)
        {
            FileTree.Remove((int)directory.DangerousGetHandle(), name);
        }
    }

    public void Dispose() => Handle.Dispose();

    /// <summary>statx of an open descriptor.</summary>
    internal static Libc.statx_t StatHandle(SafeHandle handle, string subject)
    {
        Libc.statx_t status;
        byte empty = 0;
        return Libc.statx(
            (int)handle.DangerousGetHandle(), &empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS | Libc.STATX_MNT_ID, &status) == 0
            ? status
            : throw new LinuxException("statx", subject, Errno.Last);
    }

    private static void MakeDirectory(int parent, string name, uint mode, string subject)
    {
        fixed (byte* native = NativePath.From(name))
        {
            if (Libc.mkdirat(parent, native, mode) != 0)
            {
                int error = Errno.Last;
                if (error != Errno.EEXIST)
                {
                    throw new LinuxException("mkdirat", subject, error);
                }

                return;
            }

            if (Libc.fchmodat(parent, native, mode, Libc.AT_SYMLINK_NOFOLLOW) != 0)
            {
                throw new LinuxException("fchmodat", subject, Errno.Last);
            }
        }
    }
}
