using System.Text;
using Containers.Engine.Linux;

namespace Containers.Engine.Cgroups;

/// <summary>Turns a device path into the "major:minor" that the block io controllers want.</summary>
internal static unsafe class BlockDevice
{
    /// <exception cref="EngineException">InvalidBlockDevice: missing, or not a block device.</exception>
    internal static string Number(string path)
    {
        byte[] name = Encoding.UTF8.GetBytes(path + '\0');
        Libc.statx_t status;
        int errno;
        fixed (byte* p = name)
        {
            errno = Libc.statx(Libc.AT_FDCWD, p, 0, Libc.STATX_BASIC_STATS, &status) == 0 ? 0 : Errno.Last;
        }

        if (errno != 0 || path.Contains('\0', StringComparison.Ordinal) || (status.stx_mode & Libc.S_IFMT) != Libc.S_IFBLK)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument,
                "InvalidBlockDevice",
                $"'{path}' is not a block device of this host.",
                path,
                "Give the path of a whole disk such as /dev/sda; lsblk lists them.",
                errno == 0 ? null : new LinuxException("statx", path, errno));
        }

        return $"{status.stx_rdev_major}:{status.stx_rdev_minor}";
    }
}
