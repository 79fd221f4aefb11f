using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Linux;

/// <summary>What a tree takes up on the disk, as du(1) counts it: allocated blocks, files with several names once.</summary>
internal static unsafe class DiskUsage
{
    private const int BufferSize = 16 * 1024;
    private const int MaxDepth = 4096;
    private const long BlockSize = 512; // stat(2): the unit of stx_blocks, whatever the file system's own

    /// <summary>Bytes; 0 where it does not exist. What vanishes meanwhile is not counted; other mounts are not entered.</summary>
    internal static long Of(string path)
    {
        SafeFileHandle handle;
        try
        {
            handle = SmallFile.OpenDirectory(path);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            return 0;
        }

        using (handle)
        {
            Libc.statx_t status = RootedDirectory.StatHandle(handle, path);
            return ((long)status.stx_blocks * BlockSize) + OfChildren((int)handle.DangerousGetHandle(), status, [], 0);
        }
    }

    private static long OfChildren(int directory, in Libc.statx_t parent, HashSet<ulong> seen, int depth)
    {
        if (depth > MaxDepth)
        {
            return 0;
        }

        List<byte[]> directories = [];
        long bytes = 0;
        byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferSize, pinned: true);
        fixed (byte* start = buffer)
        {
            DirectoryReader reader = new(directory, start, BufferSize);
            while (reader.Next())
            {
                Libc.statx_t status;
                if (Libc.statx(directory, reader.Name, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS | Libc.STATX_MNT_ID, &status) != 0
                    || status.stx_mnt_id != parent.stx_mnt_id)
                {
                    continue;
                }

                bool isDirectory = (status.stx_mode & Libc.S_IFMT) == Libc.S_IFDIR;
                if (isDirectory || status.stx_nlink < 2 || seen.Add(status.stx_ino))
                {
                    bytes += (long)status.stx_blocks * BlockSize;
                }

                if (isDirectory)
                {
                    directories.Add(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(reader.Name).ToArray());
                }
            }
        }

        foreach (byte[] name in directories)
        {
            fixed (byte* native = NativePath.From(name))
            {
                int child = Libc.openat(directory, native, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0);
                if (child >= 0)
                {
                    bytes += OfChildren(child, parent, seen, depth + 1);
                    _ = Libc.close(child);
                }
            }
        }

        return bytes;
    }
}
