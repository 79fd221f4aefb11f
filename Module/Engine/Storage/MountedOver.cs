using Containers.Engine.Linux;

namespace Containers.Engine.Storage;

/// <summary>
/// A running container's root is seen through its own mounts. Where one lies over a file or directory, this finds what is below: in what the
/// container wrote, else in its image, as the container would find it without its mounts.
/// </summary>
/// <param name="mount">Id of the root's own mount.</param>
/// <param name="trees">Where to look, first to last. The caller keeps them open.</param>
internal sealed unsafe class MountedOver(ulong mount, IReadOnlyList<RootedDirectory> trees)
{
    /// <returns>Null where nothing is mounted over it; else a descriptor of the file below, or -1 where there is none.</returns>
    internal int? TryOpenFile(ulong fileMount, ReadOnlySpan<byte> path)
    {
        if (fileMount == mount)
        {
            return null;
        }

        return Open(path, Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOCTTY, Libc.S_IFREG);
    }

    /// <summary>Whether a directory is another mount's; then with what is below it.</summary>
    internal bool Replaces(int directory, ReadOnlySpan<byte> path, out Libc.statx_t real)
    {
        real = TreeDirectory.Status(directory, path);
        if (real.stx_mnt_id == mount)
        {
            return false;
        }

        int fd = Open(path, Libc.O_PATH | Libc.O_DIRECTORY, Libc.S_IFDIR);
        if (fd >= 0)
        {
            real = TreeDirectory.Status(fd, path);
            _ = Libc.close(fd);
        }

        return true;
    }

    private int Open(ReadOnlySpan<byte> path, int flags, uint type)
    {
        Libc.open_how how = new()
        {
            flags = (ulong)(uint)(flags | Libc.O_CLOEXEC | Libc.O_NOFOLLOW),
            resolve = Libc.RESOLVE_BENEATH | Libc.RESOLVE_NO_SYMLINKS | Libc.RESOLVE_NO_MAGICLINKS,
        };
        fixed (byte* native = NativePath.From(path))
        {
            foreach (RootedDirectory tree in trees)
            {
                // A device is looked at, never opened.
                Libc.statx_t status;
                Libc.open_how look = how with { flags = (ulong)(uint)(Libc.O_PATH | Libc.O_CLOEXEC | Libc.O_NOFOLLOW) };
                int found = Libc.openat2((int)tree.Handle.DangerousGetHandle(), native, &look);
                if (found < 0)
                {
                    continue;
                }

                status = TreeDirectory.Status(found, path);
                _ = Libc.close(found);
                if (TreeDirectory.IsWhiteout(status) || (status.stx_mode & Libc.S_IFMT) != type)
                {
                    return -1;
                }

                return Libc.openat2((int)tree.Handle.DangerousGetHandle(), native, &how);
            }
        }

        return -1;
    }
}
