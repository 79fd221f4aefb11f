using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Containers.Engine.Images;
using Containers.Engine.Linux;

namespace Containers.Engine.Storage;

/// <summary>
/// What the walks over trees need of one directory: always by descriptor and single name, never through a link. Names are bytes with a final
/// zero, so that they go to the kernel as they are.
/// </summary>
internal static unsafe class TreeDirectory
{
    private const int NamesSize = 32 * 1024;
    private const int MaxAttributes = 64 * 1024;

    /// <summary>All names, by bytes, each with its final zero.</summary>
    /// <param name="directory">Opened for reading and not read yet.</param>
    internal static List<byte[]> Names(int directory, ReadOnlySpan<byte> path)
    {
        List<byte[]> names = [];
        byte* buffer = (byte*)NativeMemory.Alloc(NamesSize);
        try
        {
            DirectoryReader reader = new(directory, buffer, NamesSize);
            while (reader.Next())
            {
                ReadOnlySpan<byte> name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(reader.Name);
                names.Add(NativePath.From(name));
            }

            // A directory that was removed while it is open has no names left.
            if (reader.Error is not (0 or Errno.ENOENT))
            {
                throw new LinuxException("getdents64", NativePath.ToText(path), reader.Error);
            }
        }
        finally
        {
            NativeMemory.Free(buffer);
        }

        names.Sort(static (a, b) => a.AsSpan().SequenceCompareTo(b));
        return names;
    }

    /// <returns>False when there is no such name.</returns>
    internal static bool TryStat(int directory, byte[] name, ReadOnlySpan<byte> path, out Libc.statx_t status)
    {
        Libc.statx_t result;
        fixed (byte* native = name)
        {
            if (Libc.statx(directory, native, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS | Libc.STATX_MNT_ID, &result) == 0)
            {
                status = result;
                return true;
            }
        }

        int errno = Errno.Last;
        status = default;
        return errno is Errno.ENOENT or Errno.ENOTDIR ? false : throw new LinuxException("statx", NativePath.ToText(path), errno);
    }

    /// <summary>Opens a name that is no link; -1 when it is gone, or has become something else.</summary>
    internal static int TryOpen(int directory, byte[] name, int flags, ReadOnlySpan<byte> path)
    {
        fixed (byte* native = name)
        {
            int fd = Libc.openat(directory, native, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC | flags, 0);
            if (fd >= 0)
            {
                return fd;
            }
        }

        int errno = Errno.Last;
        return errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP ? -1 : throw new LinuxException("openat", NativePath.ToText(path), errno);
    }

    /// <summary>The directory itself once more, to read its names.</summary>
    internal static int Reopen(int directory, ReadOnlySpan<byte> path)
    {
        fixed (byte* dot = ".\0"u8)
        {
            int fd = Libc.openat(directory, dot, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
            return fd >= 0 ? fd : throw new LinuxException("openat", NativePath.ToText(path), Errno.Last);
        }
    }

    internal static Libc.statx_t Status(int fd, ReadOnlySpan<byte> path)
    {
        Libc.statx_t status;
        byte empty = 0;
        return Libc.statx(fd, &empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS | Libc.STATX_MNT_ID, &status) == 0
            ? status
            : throw new LinuxException("statx", NativePath.ToText(path), Errno.Last);
    }

    /// <summary>The target of a symbolic link; empty when it is gone.</summary>
    internal static byte[] ReadLink(int directory, byte[] name)
    {
        byte* target = stackalloc byte[NativePath.MaxLength];
        fixed (byte* native = name)
        {
            nint length = Libc.readlinkat(directory, native, target, NativePath.MaxLength);
            return length < 0 ? [] : new ReadOnlySpan<byte>(target, (int)length).ToArray();
        }
    }

    /// <summary>Those attributes of a file or directory that travel in images, sorted; without opening it.</summary>
    internal static List<ExtendedAttribute> Attributes(int directory, byte[] name)
    {
        List<ExtendedAttribute> attributes = [];

        // The kernel has no llistxattrat before 6.13: the descriptor's link in /proc is the directory, and the last name is not followed.
        byte[] path = [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{directory}/")), .. name];
        fixed (byte* native = path)
        {
            nint length = Libc.llistxattr(native, null, 0);
            if (length <= 0)
            {
                return attributes;
            }

            byte[] buffer = new byte[MaxAttributes];
            fixed (byte* start = buffer)
            {
                length = Libc.llistxattr(native, start, MaxAttributes);
            }

            ReadOnlySpan<byte> rest = buffer.AsSpan(0, (int)Math.Max(length, 0));
            while (!rest.IsEmpty)
            {
                ReadOnlySpan<byte> one = rest[..rest.IndexOf((byte)0)];
                rest = rest[(one.Length + 1)..];
                if (AttributePolicy.IsKept(one))
                {
                    byte[] value = new byte[MaxAttributes];
                    fixed (byte* key = NativePath.From(one), start = value)
                    {
                        nint size = Libc.lgetxattr(native, key, start, MaxAttributes);
                        attributes.Add(new ExtendedAttribute(one.ToArray(), value[..(int)Math.Max(size, 0)]));
                    }
                }
            }
        }

        attributes.Sort(static (a, b) => a.Name.AsSpan().SequenceCompareTo(b.Name));
        return attributes;
    }

    internal static bool IsDirectory(in Libc.statx_t status) => (status.stx_mode & Libc.S_IFMT) == Libc.S_IFDIR;

    /// <summary>Overlay's mark for a removed name: a character device 0:0.</summary>
    internal static bool IsWhiteout(in Libc.statx_t status) =>
        (status.stx_mode & Libc.S_IFMT) == Libc.S_IFCHR && status is { stx_rdev_major: 0, stx_rdev_minor: 0 };

    /// <summary>Overlay's mark for a directory that hides what is below it in lower layers; other values than "y" mean something else.</summary>
    internal static bool IsOpaque(int directory)
    {
        byte value = 0;
        fixed (byte* name = "trusted.overlay.opaque\0"u8)
        {
            return Libc.fgetxattr(directory, name, &value, 1) == 1 && value == (byte)'y';
        }
    }
}
