using Containers.Engine.Linux;

namespace Containers.Engine.Storage;

/// <summary>chown -R by descriptors and single names: no link is followed, no other mount entered.</summary>
internal static unsafe class TreeOwner
{
    private const int MaxDepth = 1024;

    /// <exception cref="LinuxException">Something cannot be given away.</exception>
    internal static void Change(RootedDirectory root, uint uid, uint gid)
    {
        int fd = TreeDirectory.Reopen((int)root.Handle.DangerousGetHandle(), "/"u8);
        try
        {
            Libc.statx_t status = TreeDirectory.Status(fd, "/"u8);
            byte empty = 0;
            if ((status.stx_uid != uid || status.stx_gid != gid) && Libc.fchownat(fd, &empty, uid, gid, Libc.AT_EMPTY_PATH) != 0)
            {
                throw new LinuxException("fchownat", "/", Errno.Last);
            }

            ChangeChildren(fd, status.stx_mnt_id, uid, gid, 1);
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }

    private static void ChangeChildren(int directory, ulong mount, uint uid, uint gid, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new LinuxException("openat", "/", Errno.ENAMETOOLONG);
        }

        foreach (byte[] name in TreeDirectory.Names(directory, default))
        {
            ReadOnlySpan<byte> text = name.AsSpan(0, name.Length - 1);
            if (!TreeDirectory.TryStat(directory, name, text, out Libc.statx_t status) || status.stx_mnt_id != mount)
            {
                continue;
            }

            fixed (byte* native = name)
            {
                if ((status.stx_uid != uid || status.stx_gid != gid)
                    && Libc.fchownat(directory, native, uid, gid, Libc.AT_SYMLINK_NOFOLLOW) != 0 && Errno.Last != Errno.ENOENT)
                {
                    throw new LinuxException("fchownat", NativePath.ToText(text), Errno.Last);
                }
            }

            if (TreeDirectory.IsDirectory(status) && TreeDirectory.TryOpen(directory, name, Libc.O_DIRECTORY, text) is int child and >= 0)
            {
                try
                {
                    ChangeChildren(child, mount, uid, gid, depth + 1);
                }
                finally
                {
                    _ = Libc.close(child);
                }
            }
        }
    }
}
