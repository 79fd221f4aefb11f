using System.Runtime.InteropServices;

namespace Containers.Engine.Linux;

internal static unsafe partial class Libc
{
    internal const int AT_FDCWD = -100;
    internal const int AT_SYMLINK_NOFOLLOW = 0x100;
    internal const int AT_REMOVEDIR = 0x200;
    internal const int AT_SYMLINK_FOLLOW = 0x400;
    internal const int AT_EMPTY_PATH = 0x1000;
    internal const int AT_RECURSIVE = 0x8000;

    internal const int O_RDONLY = 0;
    internal const int O_WRONLY = 1;
    internal const int O_RDWR = 2;
    internal const int O_CREAT = 0x40;
    internal const int O_EXCL = 0x80;
    internal const int O_NOCTTY = 0x100;
    internal const int O_TRUNC = 0x200;
    internal const int O_APPEND = 0x400;
    internal const int O_NONBLOCK = 0x800;
    internal const int O_CLOEXEC = 0x80000;
    internal const int O_PATH = 0x200000;

    internal static int O_DIRECTORY => Arm64 ? 0x4000 : 0x10000;

    internal static int O_NOFOLLOW => Arm64 ? 0x8000 : 0x20000;

    internal const uint S_IFMT = 0xF000;
    internal const uint S_IFSOCK = 0xC000;
    internal const uint S_IFLNK = 0xA000;
    internal const uint S_IFREG = 0x8000;
    internal const uint S_IFBLK = 0x6000;
    internal const uint S_IFDIR = 0x4000;
    internal const uint S_IFCHR = 0x2000;
    internal const uint S_IFIFO = 0x1000;

    internal const ulong RESOLVE_NO_XDEV = 0x01;
    internal const ulong RESOLVE_NO_MAGICLINKS = 0x02;
    internal const ulong RESOLVE_NO_SYMLINKS = 0x04;
    internal const ulong RESOLVE_BENEATH = 0x08;
    internal const ulong RESOLVE_IN_ROOT = 0x10;

    internal const uint STATX_BASIC_STATS = 0x7ff;
    internal const uint STATX_MNT_ID = 0x1000;

    /// <summary>The root of a mount (stx_attributes, since Linux 5.8).</summary>
    internal const ulong STATX_ATTR_MOUNT_ROOT = 0x2000;

    internal const nint UTIME_OMIT = (1 << 30) - 2;

    internal const int FD_CLOEXEC = 1;
    internal const int F_SETFD = 2;
    internal const int F_GETFL = 3;
    internal const int F_SETFL = 4;
    internal const int F_OFD_GETLK = 36;
    internal const int F_OFD_SETLK = 37;
    internal const int F_OFD_SETLKW = 38;
    internal const int F_DUPFD_CLOEXEC = 1030;
    internal const int F_SETPIPE_SZ = 1031;
    internal const int F_ADD_SEALS = 1033;
    internal const int F_GET_SEALS = 1034;
    internal const short F_RDLCK = 0;
    internal const short F_WRLCK = 1;
    internal const short F_UNLCK = 2;
    internal const int F_SEAL_SEAL = 1;
    internal const int F_SEAL_SHRINK = 2;
    internal const int F_SEAL_GROW = 4;
    internal const int F_SEAL_WRITE = 8;
    internal const int F_SEAL_EXEC = 0x20;
    internal const uint MFD_CLOEXEC = 1;
    internal const uint MFD_ALLOW_SEALING = 2;
    internal const uint MFD_EXEC = 0x10;

    internal const int LOCK_SH = 1;
    internal const int LOCK_EX = 2;
    internal const int LOCK_NB = 4;
    internal const int LOCK_UN = 8;

    /// <summary>openat2(2): how a path is opened and resolved.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct open_how
    {
        internal ulong flags;
        internal ulong mode;
        internal ulong resolve;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct timespec
    {
        internal long tv_sec;
        internal long tv_nsec;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct statx_timestamp
    {
        internal long tv_sec;
        internal uint tv_nsec;
        internal int reserved;
    }

    /// <summary>statx(2): the same on every architecture, unlike struct stat. 256 bytes.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    internal struct statx_t
    {
        internal uint stx_mask;
        internal uint stx_blksize;
        internal ulong stx_attributes;
        internal uint stx_nlink;
        internal uint stx_uid;
        internal uint stx_gid;
        internal ushort stx_mode;
        internal ushort spare0;
        internal ulong stx_ino;
        internal ulong stx_size;
        internal ulong stx_blocks;
        internal ulong stx_attributes_mask;
        internal statx_timestamp stx_atime;
        internal statx_timestamp stx_btime;
        internal statx_timestamp stx_ctime;
        internal statx_timestamp stx_mtime;
        internal uint stx_rdev_major;
        internal uint stx_rdev_minor;
        internal uint stx_dev_major;
        internal uint stx_dev_minor;
        internal ulong stx_mnt_id;
    }

    /// <summary>struct flock of fcntl(2) with 64-bit offsets.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct flock_t
    {
        internal short l_type;
        internal short l_whence;
        internal long l_start;
        internal long l_len;
        internal int l_pid;
    }

    /// <summary>struct iovec of writev(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct iovec
    {
        internal byte* iov_base;
        internal nuint iov_len;
    }

    /// <summary>struct statfs (120 bytes on x86-64 and arm64).</summary>
    [StructLayout(LayoutKind.Sequential, Size = 120)]
    internal struct statfs_t
    {
        internal long f_type;
        internal long f_bsize;
        internal ulong f_blocks;
        internal ulong f_bfree;
        internal ulong f_bavail;
        internal ulong f_files;
        internal ulong f_ffree;
    }

    internal static int openat2(int dirfd, byte* path, open_how* how) =>
        (int)syscall(SYS_openat2, dirfd, (nint)path, (nint)how, sizeof(open_how));

    internal static int fchmodat2(int dirfd, byte* path, uint mode, int flags) =>
        (int)syscall(SYS_fchmodat2, dirfd, (nint)path, (nint)mode, flags);

    internal static int close_range(uint first, uint last, uint flags) =>
        (int)syscall(SYS_close_range, (nint)first, (nint)last, (nint)flags);

    /// <summary>getdents64(2): the number of bytes written, 0 at the end.</summary>
    internal static nint getdents64(int fd, byte* buffer, nuint size) => syscall(SYS_getdents64, fd, (nint)buffer, (nint)size);

    [LibraryImport(Library)]
    internal static partial int openat(int dirfd, byte* path, int flags, uint mode);

    [LibraryImport(Library)]
    internal static partial int close(int fd);

    [LibraryImport(Library)]
    internal static partial nint read(int fd, byte* buffer, nuint count);

    [LibraryImport(Library)]
    internal static partial nint write(int fd, byte* buffer, nuint count);

    [LibraryImport(Library)]
    internal static partial nint writev(int fd, iovec* parts, int count);

    [LibraryImport(Library)]
    internal static partial nint pread(int fd, byte* buffer, nuint count, long offset);

    [LibraryImport(Library)]
    internal static partial nint pwrite(int fd, byte* buffer, nuint count, long offset);

    [LibraryImport(Library)]
    internal static partial long lseek(int fd, long offset, int whence);

    [LibraryImport(Library)]
    internal static partial int ftruncate(int fd, long length);

    [LibraryImport(Library)]
    internal static partial int fsync(int fd);

    [LibraryImport(Library)]
    internal static partial int syncfs(int fd);

    [LibraryImport(Library)]
    internal static partial int mkdirat(int dirfd, byte* path, uint mode);

    [LibraryImport(Library)]
    internal static partial int mknodat(int dirfd, byte* path, uint mode, ulong dev);

    [LibraryImport(Library)]
    internal static partial int unlinkat(int dirfd, byte* path, int flags);

    [LibraryImport(Library)]
    internal static partial int linkat(int olddirfd, byte* oldpath, int newdirfd, byte* newpath, int flags);

    [LibraryImport(Library)]
    internal static partial int symlinkat(byte* target, int newdirfd, byte* linkpath);

    [LibraryImport(Library)]
    internal static partial nint readlinkat(int dirfd, byte* path, byte* buffer, nuint size);

    internal const uint RENAME_EXCHANGE = 2;

    internal static int renameat2(int olddirfd, byte* oldpath, int newdirfd, byte* newpath, uint flags) =>
        (int)syscall(SYS_renameat2, olddirfd, (nint)oldpath, newdirfd, (nint)newpath, (nint)flags);

    [LibraryImport(Library)]
    internal static partial int renameat(int olddirfd, byte* oldpath, int newdirfd, byte* newpath);

    [LibraryImport(Library)]
    internal static partial int fchmod(int fd, uint mode);

    /// <summary>With AT_SYMLINK_NOFOLLOW libc uses fchmodat2, or goes through an O_PATH descriptor where the kernel has none.</summary>
    [LibraryImport(Library)]
    internal static partial int fchmodat(int dirfd, byte* path, uint mode, int flags);

    [LibraryImport(Library)]
    internal static partial int fchownat(int dirfd, byte* path, uint owner, uint group, int flags);

    /// <summary>utimensat(2); <paramref name="times"/> points to access and modification time.</summary>
    [LibraryImport(Library)]
    internal static partial int utimensat(int dirfd, byte* path, timespec* times, int flags);

    [LibraryImport(Library)]
    internal static partial int statx(int dirfd, byte* path, int flags, uint mask, statx_t* buffer);

    [LibraryImport(Library)]
    internal static partial int fstatfs(int fd, statfs_t* buffer);

    [LibraryImport(Library)]
    internal static partial int statfs(byte* path, statfs_t* buffer);

    [LibraryImport(Library)]
    internal static partial int fcntl(int fd, int command, nint argument);

    [LibraryImport(Library)]
    internal static partial int flock(int fd, int operation);

    [LibraryImport(Library)]
    internal static partial int memfd_create(byte* name, uint flags);

    [LibraryImport(Library)]
    internal static partial int fchdir(int fd);

    [LibraryImport(Library)]
    internal static partial int chdir(byte* path);

    [LibraryImport(Library)]
    internal static partial nint getcwd(byte* buffer, nuint size);

    [LibraryImport(Library)]
    internal static partial uint umask(uint mask);

    [LibraryImport(Library)]
    internal static partial int fsetxattr(int fd, byte* name, byte* value, nuint size, int flags);

    [LibraryImport(Library)]
    internal static partial int lsetxattr(byte* path, byte* name, byte* value, nuint size, int flags);

    [LibraryImport(Library)]
    internal static partial nint lgetxattr(byte* path, byte* name, byte* value, nuint size);

    [LibraryImport(Library)]
    internal static partial nint llistxattr(byte* path, byte* list, nuint size);

    [LibraryImport(Library)]
    internal static partial nint fgetxattr(int fd, byte* name, byte* value, nuint size);

    [LibraryImport(Library)]
    internal static partial nint flistxattr(int fd, byte* list, nuint size);

    [LibraryImport(Library)]
    internal static partial int inotify_init1(int flags);

    [LibraryImport(Library)]
    internal static partial int inotify_add_watch(int fd, byte* path, uint mask);
}
