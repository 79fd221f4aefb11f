using System.Runtime.InteropServices;

namespace Containers.Engine.Linux;

/// <summary>Copying inside a file system, and btrfs's subvolumes (linux/fs.h, linux/btrfs.h).</summary>
internal static unsafe partial class Libc
{
    internal const int SEEK_SET = 0;
    internal const int SEEK_DATA = 3;
    internal const int SEEK_HOLE = 4;

    /// <summary>_IOW(0x94, 9, int): the file shares all data of another one; ioctl_ficlone(2).</summary>
    internal const nuint FICLONE = 0x40049409;

    /// <summary>_IOW(0x94, 14, struct btrfs_ioctl_vol_args).</summary>
    internal const nuint BTRFS_IOC_SUBVOL_CREATE = 0x5000940E;

    /// <summary>_IOW(0x94, 15, struct btrfs_ioctl_vol_args).</summary>
    internal const nuint BTRFS_IOC_SNAP_DESTROY = 0x5000940F;

    /// <summary>_IOW(0x94, 23, struct btrfs_ioctl_vol_args_v2).</summary>
    internal const nuint BTRFS_IOC_SNAP_CREATE_V2 = 0x50009417;

    /// <summary>The inode number of every subvolume's root (BTRFS_FIRST_FREE_OBJECTID).</summary>
    internal const ulong BTRFS_FIRST_FREE_OBJECTID = 256;

    internal const long BTRFS_SUPER_MAGIC = 0x9123683E;
    internal const long EXT4_SUPER_MAGIC = 0xEF53;
    internal const long XFS_SUPER_MAGIC = 0x58465342;
    internal const long F2FS_SUPER_MAGIC = 0xF2F52010;
    internal const long NFS_SUPER_MAGIC = 0x6969;
    internal const long FUSE_SUPER_MAGIC = 0x65735546;
    internal const long ZFS_SUPER_MAGIC = 0x2FC12FC1;

    /// <summary>struct btrfs_ioctl_vol_args, 4096 bytes: the name is that of the new or old subvolume in the directory of the call.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct btrfs_ioctl_vol_args
    {
        internal long fd;
        internal fixed byte name[4088];
    }

    /// <summary>struct btrfs_ioctl_vol_args_v2, 4096 bytes: <see cref="fd"/> is the subvolume that is copied.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct btrfs_ioctl_vol_args_v2
    {
        internal long fd;
        internal ulong transid;
        internal ulong flags;
        internal fixed ulong unused[4];
        internal fixed byte name[4040];
    }

    [LibraryImport(Library)]
    internal static partial nint copy_file_range(int fdIn, long* offsetIn, int fdOut, long* offsetOut, nuint length, uint flags);

    [LibraryImport(Library)]
    internal static partial int fremovexattr(int fd, byte* name);
}
