using System.Runtime.InteropServices;

namespace Containers.Engine.Linux;

internal static unsafe partial class Libc
{
    internal const ulong MS_RDONLY = 1;
    internal const ulong MS_NOSUID = 2;
    internal const ulong MS_NODEV = 4;
    internal const ulong MS_NOEXEC = 8;
    internal const ulong MS_REMOUNT = 32;
    internal const ulong MS_BIND = 4096;
    internal const ulong MS_MOVE = 8192;
    internal const ulong MS_REC = 16384;
    internal const ulong MS_PRIVATE = 1 << 18;
    internal const ulong MS_SLAVE = 1 << 19;
    internal const ulong MS_SHARED = 1 << 20;
    internal const ulong MS_RELATIME = 1 << 21;
    internal const ulong MS_STRICTATIME = 1 << 24;
    internal const int MNT_DETACH = 2;

    internal const uint FSOPEN_CLOEXEC = 1;
    internal const uint FSMOUNT_CLOEXEC = 1;
    internal const uint FSCONFIG_SET_FLAG = 0;
    internal const uint FSCONFIG_SET_STRING = 1;
    internal const uint FSCONFIG_CMD_CREATE = 6;
    internal const uint MOUNT_ATTR_RDONLY = 0x01;
    internal const uint MOUNT_ATTR_NOSUID = 0x02;
    internal const uint MOUNT_ATTR_NODEV = 0x04;
    internal const uint MOUNT_ATTR_NOEXEC = 0x08;
    internal const uint MOUNT_ATTR_STRICTATIME = 0x20;
    internal const uint MOUNT_ATTR_IDMAP = 0x00100000;
    internal const uint OPEN_TREE_CLONE = 1;
    internal const uint OPEN_TREE_CLOEXEC = 0x80000;
    internal const uint MOVE_MOUNT_F_EMPTY_PATH = 0x04;
    internal const uint MOVE_MOUNT_T_EMPTY_PATH = 0x40;

    internal const long PROC_SUPER_MAGIC = 0x9fa0;
    internal const long OVERLAYFS_SUPER_MAGIC = 0x794c7630;
    internal const long CGROUP2_SUPER_MAGIC = 0x63677270;
    internal const long TMPFS_MAGIC = 0x01021994;
    internal const long SYSFS_MAGIC = 0x62656572;
    internal const long CGROUP_SUPER_MAGIC = 0x27e0eb;
    internal const long MQUEUE_MAGIC = 0x19800202;
    internal const long DEBUGFS_MAGIC = 0x64626720;
    internal const long TRACEFS_MAGIC = 0x74726163;
    internal const long SECURITYFS_MAGIC = 0x73636673;
    internal const long BPF_FS_MAGIC = 0xcafe4a11;
    internal const long CONFIGFS_MAGIC = 0x62656570;
    internal const long BINFMTFS_MAGIC = 0x42494e4d;
    internal const long EFIVARFS_MAGIC = 0xde5e81e4;
    internal const long PSTOREFS_MAGIC = 0x6165676C;

    /// <summary>mount_setattr(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct mount_attr
    {
        internal ulong attr_set;
        internal ulong attr_clr;
        internal ulong propagation;
        internal ulong userns_fd;
    }

    [LibraryImport(Library)]
    internal static partial int mount(byte* source, byte* target, byte* type, ulong flags, byte* data);

    [LibraryImport(Library)]
    internal static partial int umount2(byte* target, int flags);

    internal static int pivot_root(byte* newRoot, byte* putOld) => (int)syscall(SYS_pivot_root, (nint)newRoot, (nint)putOld);

    internal static int fsopen(byte* type, uint flags) => (int)syscall(SYS_fsopen, (nint)type, (nint)flags);

    internal static int fsconfig(int fd, uint command, byte* key, byte* value, int aux) =>
        (int)syscall(SYS_fsconfig, fd, (nint)command, (nint)key, (nint)value, aux);

    internal static int fsmount(int fd, uint flags, uint attributes) => (int)syscall(SYS_fsmount, fd, (nint)flags, (nint)attributes);

    internal static int open_tree(int dirfd, byte* path, uint flags) => (int)syscall(SYS_open_tree, dirfd, (nint)path, (nint)flags);

    internal static int move_mount(int fromfd, byte* frompath, int tofd, byte* topath, uint flags) =>
        (int)syscall(SYS_move_mount, fromfd, (nint)frompath, tofd, (nint)topath, (nint)flags);

    internal static int mount_setattr(int dirfd, byte* path, uint flags, mount_attr* attributes) =>
        (int)syscall(SYS_mount_setattr, dirfd, (nint)path, (nint)flags, (nint)attributes, sizeof(mount_attr));
}
