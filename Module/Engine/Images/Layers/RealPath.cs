using System.Buffers.Text;
using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>Places in a layer, named without links: what is there can be found again whatever becomes of the links.</summary>
internal static unsafe class RealPath
{
    private const ulong Resolve = Libc.RESOLVE_BENEATH | Libc.RESOLVE_NO_SYMLINKS | Libc.RESOLVE_NO_XDEV | Libc.RESOLVE_NO_MAGICLINKS;

    /// <summary>Opens (O_PATH) a directory below a root; -1 with errno, ELOOP where the path goes through a link.</summary>
    internal static int TryOpenDirectory(int root, byte* path)
    {
        Libc.open_how how = new()
        {
            flags = (ulong)(uint)(Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC),
            resolve = Resolve,
        };
        int fd;
        do
        {
            fd = Libc.openat2(root, path, &how);
        }
        while (fd < 0 && Errno.Last is Errno.EINTR or Errno.EAGAIN);
        return fd;
    }

    /// <summary>Where an open directory below a root is, relative to it.</summary>
    /// <exception cref="LinuxException">ENAMETOOLONG: the way there from the host's root is longer than a path may be.</exception>
    internal static byte[] Of(int root, int directory)
    {
        byte[] start = Read(root);
        byte[] place = Read(directory);
        return place.Length == start.Length
            ? []
            : place.Length > start.Length && place.AsSpan().StartsWith(start) && place[start.Length] == '/'
                ? place[(start.Length + 1)..]
                : throw new LinuxException("readlink", NativePath.ToText(place), Errno.ENOENT);
    }

    /// <summary>proc(5), /proc/pid/fd: the kernel's own name of what is open.</summary>
    private static byte[] Read(int fd)
    {
        Span<byte> name = stackalloc byte[32];
        "/proc/self/fd/"u8.CopyTo(name);
        Utf8Formatter.TryFormat(fd, name[14..], out int digits);
        name[14 + digits] = 0;
        byte* target = stackalloc byte[NativePath.MaxLength];
        fixed (byte* path = name)
        {
            nint length = Libc.readlinkat(Libc.AT_FDCWD, path, target, NativePath.MaxLength);
            return length >= 0
                ? new ReadOnlySpan<byte>(target, (int)length).ToArray()
                : throw new LinuxException("readlink", NativePath.ToText(name[..(14 + digits)]), Errno.Last);
        }
    }
}
