namespace Containers.Engine.Linux;

/// <summary>
/// Removal of whole trees that somebody else filled: by descriptors only, never through a symbolic link, never into another
/// mount (a bind mount left behind must not cost the host its files), with a bounded stack and a bounded number of descriptors
/// whatever the depth. Allocates nothing unless it throws.
/// </summary>
internal static unsafe class FileTree
{
    private const int MaxDepth = 32;
    private const int BufferSize = 4096;
    private const int MaxRacing = 16;
    private const ulong Resolve = Libc.RESOLVE_BENEATH | Libc.RESOLVE_NO_SYMLINKS | Libc.RESOLVE_NO_XDEV | Libc.RESOLVE_NO_MAGICLINKS;

    /// <summary>Removes a file or a tree; a missing one is no error.</summary>
    /// <exception cref="LinuxException">Something in it cannot be removed; the rest is gone all the same.</exception>
    internal static void Remove(int dirfd, string name)
    {
        fixed (byte* path = NativePath.From(name))
        {
            int error = TryRemove(dirfd, path);
            if (error != 0)
            {
                throw new LinuxException("unlinkat", name, error);
            }
        }
    }

    /// <summary>Removes a file or a tree given by a host path whose parent the caller trusts.</summary>
    /// <exception cref="LinuxException">Something in it cannot be removed.</exception>
    internal static void Remove(string path)
    {
        string parent = Path.GetDirectoryName(path) ?? "/";
        fixed (byte* native = NativePath.From(parent))
        {
            int fd = Libc.openat(Libc.AT_FDCWD, native, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
            if (fd < 0)
            {
                int error = Errno.Last;
                if (error == Errno.ENOENT)
                {
                    return;
                }

                throw new LinuxException("open", parent, error);
            }

            try
            {
                Remove(fd, Path.GetFileName(path));
            }
            finally
            {
                _ = Libc.close(fd);
            }
        }
    }

    /// <summary>Removes a file or a tree: 0, also when it does not exist, or the first error number met.</summary>
    /// <param name="dirfd">The directory that holds it; an O_PATH descriptor will do.</param>
    /// <param name="name">One zero-terminated name.</param>
    internal static int TryRemove(int dirfd, byte* name)
    {
        if (Libc.unlinkat(dirfd, name, 0) == 0)
        {
            return 0;
        }

        int error = Errno.Last;
        if (error == Errno.ENOENT)
        {
            return 0;
        }

        if (error != Errno.EISDIR)
        {
            return error;
        }

        if (Libc.unlinkat(dirfd, name, Libc.AT_REMOVEDIR) == 0)
        {
            return 0;
        }

        int top = OpenDirectory(dirfd, name);
        if (top < 0)
        {
            return Errno.Last == Errno.ENOENT ? 0 : Errno.Last; // Another one that removes it was faster.
        }

        try
        {
            // Trees deeper than MaxDepth are cut: the part below is moved up to the top, and the top is gone through again.
            uint moved = 0;
            for (int racing = 0; ;)
            {
                uint movedBefore = moved;
                error = Empty(top, top, 1, ref moved);
                if (moved == movedBefore)
                {
                    if (Libc.unlinkat(dirfd, name, Libc.AT_REMOVEDIR) == 0)
                    {
                        return 0;
                    }

                    // Somebody who had a directory open may have made a last file in it meanwhile, as a monitor does that finishes.
                    int last = Errno.Last;
                    if (last == Errno.ENOENT)
                    {
                        return 0;
                    }

                    if (last != Errno.ENOTEMPTY || error is not (0 or Errno.ENOTEMPTY) || ++racing == MaxRacing)
                    {
                        return error != 0 ? error : last;
                    }
                }

                _ = Libc.lseek(top, 0, 0);
            }
        }
        finally
        {
            _ = Libc.close(top);
        }
    }

    private static int OpenDirectory(int dirfd, byte* name)
    {
        Libc.open_how how = new()
        {
            flags = (ulong)(uint)(Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC),
            resolve = Resolve,
        };
        int fd;
        do
        {
            fd = Libc.openat2(dirfd, name, &how);
        }
        while (fd < 0 && Errno.Last is Errno.EINTR or Errno.EAGAIN);
        return fd;
    }

    private static int Empty(int top, int directory, int depth, ref uint moved)
    {
        byte* buffer = stackalloc byte[BufferSize];
        DirectoryReader reader = new(directory, buffer, BufferSize);
        int first = 0;
        while (reader.Next())
        {
            int error = RemoveEntry(top, directory, reader.Name, reader.Type, depth, ref moved);
            if (error != 0 && first == 0)
            {
                first = error;
            }
        }

        return first != 0 ? first : reader.Error;
    }

    private static int RemoveEntry(int top, int directory, byte* name, byte type, int depth, ref uint moved)
    {
        int error = Errno.EISDIR;
        if (type != DirectoryReader.DT_DIR)
        {
            if (Libc.unlinkat(directory, name, 0) == 0)
            {
                return 0;
            }

            error = Errno.Last;
        }

        if (error != Errno.EISDIR)
        {
            return error == Errno.ENOENT ? 0 : error;
        }

        if (Libc.unlinkat(directory, name, Libc.AT_REMOVEDIR) == 0)
        {
            return 0;
        }

        error = Errno.Last;
        if (error != Errno.ENOTEMPTY)
        {
            return error == Errno.ENOENT ? 0 : error;
        }

        if (depth >= MaxDepth)
        {
            return MoveUp(top, directory, name, ref moved);
        }

        int child = OpenDirectory(directory, name);
        if (child < 0)
        {
            return Errno.Last == Errno.ENOENT ? 0 : Errno.Last;
        }

        uint before = moved;
        error = Empty(top, child, depth + 1, ref moved);
        _ = Libc.close(child);
        if (Libc.unlinkat(directory, name, Libc.AT_REMOVEDIR) == 0)
        {
            return 0;
        }

        // What was moved up may have met this pass's reader or not; the next pass over the top decides.
        int last = Errno.Last;
        return last == Errno.ENOENT ? 0 : error != 0 ? error : moved != before && last == Errno.ENOTEMPTY ? 0 : last;
    }

    private static int MoveUp(int top, int directory, byte* name, ref uint moved)
    {
        byte* target = stackalloc byte[24];
        for (int attempt = 0; attempt < 1000; attempt++)
        {
            // ".cut-" and a number in hexadecimal: unique in this run; a name that a hostile tree took is stepped over.
            uint number = ++moved;
            ReadOnlySpan<byte> prefix = ".cut-"u8;
            prefix.CopyTo(new Span<byte>(target, 24));
            for (int digit = 0; digit < 8; digit++)
            {
                target[prefix.Length + digit] = "0123456789abcdef"u8[(int)(number >> (28 - (4 * digit))) & 15];
            }

            target[prefix.Length + 8] = 0;
            Libc.statx_t status;
            if (Libc.statx(top, target, Libc.AT_SYMLINK_NOFOLLOW, 0, &status) == 0)
            {
                continue;
            }

            return Libc.renameat(directory, name, top, target) == 0 ? 0 : Errno.Last;
        }

        return Errno.EEXIST;
    }
}
