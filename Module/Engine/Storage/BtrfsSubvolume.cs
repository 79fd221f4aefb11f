using System.Text;
using Containers.Engine.Linux;

namespace Containers.Engine.Storage;

/// <summary>Subvolumes of btrfs by their ioctls (btrfs-ioctl(2)). Paths are the engine's own, below the data root.</summary>
internal static unsafe class BtrfsSubvolume
{
    private const int MaxName = 255;
    private const int MaxDepth = 1024;

    internal static bool IsBtrfs(string path)
    {
        Libc.statfs_t status;
        fixed (byte* native = NativePath.From(path))
        {
            return Libc.statfs(native, &status) == 0 && status.f_type == Libc.BTRFS_SUPER_MAGIC;
        }
    }

    internal static void Create(string path)
    {
        Libc.btrfs_ioctl_vol_args arguments = default;
        Name(path, arguments.name);
        int parent = OpenParent(path);
        Finish(parent, Libc.ioctl(parent, Libc.BTRFS_IOC_SUBVOL_CREATE, (nint)(&arguments)), "BTRFS_IOC_SUBVOL_CREATE", path);
    }

    /// <summary>A writable snapshot.</summary>
    internal static void Snapshot(string source, string path)
    {
        int from = Files.Open(source, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        if (from < 0)
        {
            throw new LinuxException("open", source, -from);
        }

        try
        {
            Libc.btrfs_ioctl_vol_args_v2 arguments = new() { fd = from };
            Name(path, arguments.name);
            int parent = OpenParent(path);
            Finish(parent, Libc.ioctl(parent, Libc.BTRFS_IOC_SNAP_CREATE_V2, (nint)(&arguments)), "BTRFS_IOC_SNAP_CREATE_V2", path);
        }
        finally
        {
            _ = Libc.close(from);
        }
    }

    /// <summary>Removes a subvolume and those that a container made in it. What is none, or is not there, is left alone.</summary>
    /// <returns>False where there is no subvolume.</returns>
    internal static bool TryDestroy(string path)
    {
        string parentPath = Path.GetDirectoryName(path)!;
        int parent = Files.Open(parentPath, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        if (parent < 0)
        {
            return parent is -Errno.ENOENT or -Errno.ENOTDIR ? false : throw new LinuxException("open", parentPath, -parent);
        }

        try
        {
            byte[] name = NativePath.From(Path.GetFileName(path));
            Libc.statfs_t fileSystem;
            if (Libc.fstatfs(parent, &fileSystem) != 0 || fileSystem.f_type != Libc.BTRFS_SUPER_MAGIC
                || !TreeDirectory.TryStat(parent, name, name, out Libc.statx_t status) || !IsSubvolume(status))
            {
                return false;
            }

            Destroy(parent, name, path);
            return true;
        }
        finally
        {
            _ = Libc.close(parent);
        }
    }

    private static bool IsSubvolume(in Libc.statx_t status) =>
        TreeDirectory.IsDirectory(status) && status.stx_ino == Libc.BTRFS_FIRST_FREE_OBJECTID;

    private static void Destroy(int parent, byte[] name, string path)
    {
        int errno = TryDestroy(parent, name);
        if (errno == Errno.ENOTEMPTY)
        {
            // There are others in it: the kernel removes only what holds none.
            int root = TreeDirectory.TryOpen(parent, name, Libc.O_DIRECTORY, name);
            if (root >= 0)
            {
                try
                {
                    DestroyNested(root, 1, path);
                }
                finally
                {
                    _ = Libc.close(root);
                }
            }

            errno = TryDestroy(parent, name);
        }

        if (errno is not (0 or Errno.ENOENT))
        {
            throw new LinuxException("BTRFS_IOC_SNAP_DESTROY", path, errno);
        }
    }

    private static void DestroyNested(int directory, int depth, string path)
    {
        foreach (byte[] name in TreeDirectory.Names(directory, Encoding.UTF8.GetBytes(path)))
        {
            if (depth > MaxDepth || !TreeDirectory.TryStat(directory, name, name, out Libc.statx_t status) || !TreeDirectory.IsDirectory(status))
            {
                continue;
            }

            if (IsSubvolume(status))
            {
                Destroy(directory, name, path);
                continue;
            }

            int child = TreeDirectory.TryOpen(directory, name, Libc.O_DIRECTORY, name);
            if (child >= 0)
            {
                try
                {
                    DestroyNested(child, depth + 1, path);
                }
                finally
                {
                    _ = Libc.close(child);
                }
            }
        }
    }

    private static int TryDestroy(int parent, byte[] name)
    {
        Libc.btrfs_ioctl_vol_args arguments = default;
        name.AsSpan().CopyTo(new Span<byte>(arguments.name, MaxName + 1));
        return Libc.ioctl(parent, Libc.BTRFS_IOC_SNAP_DESTROY, (nint)(&arguments)) == 0 ? 0 : Errno.Last;
    }

    private static void Name(string path, byte* target) =>
        NativePath.From(Path.GetFileName(path)).AsSpan().CopyTo(new Span<byte>(target, MaxName + 1));

    private static int OpenParent(string path)
    {
        string parent = Path.GetDirectoryName(path)!;
        int fd = Files.Open(parent, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        return fd >= 0 ? fd : throw new LinuxException("open", parent, -fd);
    }

    private static void Finish(int parent, int result, string call, string path)
    {
        int errno = Errno.Last;
        _ = Libc.close(parent);
        if (result != 0)
        {
            throw new LinuxException(call, path, errno);
        }
    }
}
