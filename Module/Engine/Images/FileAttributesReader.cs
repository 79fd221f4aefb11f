using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>Reads those extended attributes of an open file that travel in images, sorted by name.</summary>
internal static unsafe class FileAttributesReader
{
    private const int MaxList = 64 * 1024;

    internal static void Read(int fd, ReadOnlySpan<byte> path, List<ExtendedAttribute> attributes)
    {
        nint length = Libc.flistxattr(fd, null, 0);
        if (length == 0)
        {
            return;
        }

        byte[] list = new byte[MaxList];
        if (length > 0)
        {
            fixed (byte* start = list)
            {
                length = Libc.flistxattr(fd, start, MaxList);
            }
        }

        if (length < 0)
        {
            if (Errno.Last == Errno.EOPNOTSUPP)
            {
                return;
            }

            throw new LinuxException("flistxattr", NativePath.ToText(path), Errno.Last);
        }

        ReadOnlySpan<byte> rest = list.AsSpan(0, (int)length);
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)0);
            ReadOnlySpan<byte> name = rest[..end];
            if (AttributePolicy.IsKept(name))
            {
                attributes.Add(new ExtendedAttribute(name.ToArray(), ReadValue(fd, name, path)));
            }

            rest = rest[(end + 1)..];
        }

        attributes.Sort((a, b) => a.Name.AsSpan().SequenceCompareTo(b.Name));
    }

    private static byte[] ReadValue(int fd, ReadOnlySpan<byte> name, ReadOnlySpan<byte> path)
    {
        byte[] value = new byte[MaxList];
        fixed (byte* native = NativePath.From(name), start = value)
        {
            nint length = Libc.fgetxattr(fd, native, start, MaxList);
            return length >= 0
                ? value.AsSpan(0, (int)length).ToArray()
                : throw new LinuxException("fgetxattr", NativePath.ToText(path), Errno.Last);
        }
    }
}
