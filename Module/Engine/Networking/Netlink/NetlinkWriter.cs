using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Containers.Engine.Networking.Netlink;

/// <summary>
/// Writes one netlink message: the header, a fixed structure, then attributes that may nest (netlink(7)). Numbers are in host byte order,
/// every attribute begins at a multiple of 4 bytes, and its length does not count the padding.
/// </summary>
internal sealed class NetlinkWriter
{
    internal const int HeaderSize = 16;

    private byte[] _buffer = new byte[256];
    private int _length = HeaderSize;

    internal NetlinkWriter(ushort type, ushort flags)
    {
        MemoryMarshal.Write(_buffer.AsSpan(4), type);
        MemoryMarshal.Write(_buffer.AsSpan(6), flags);
    }

    /// <summary>Appends the message's fixed structure, or one inside an attribute; padded to 4 bytes.</summary>
    internal NetlinkWriter Structure<T>(in T structure)
        where T : unmanaged
    {
        MemoryMarshal.Write(Reserve(Unsafe.SizeOf<T>()), structure);
        return this;
    }

    internal NetlinkWriter Bytes(ushort type, ReadOnlySpan<byte> value)
    {
        value.CopyTo(Attribute(type, value.Length));
        return this;
    }

    internal NetlinkWriter Number<T>(ushort type, T value)
        where T : unmanaged
    {
        MemoryMarshal.Write(Attribute(type, Unsafe.SizeOf<T>()), value);
        return this;
    }

    /// <summary>Text with its final zero, which the kernel counts where it reads a name.</summary>
    internal NetlinkWriter Text(ushort type, string value)
    {
        Encoding.UTF8.GetBytes(value, Attribute(type, Encoding.UTF8.GetByteCount(value) + 1));
        return this;
    }

    /// <summary>An address: 4 or 16 bytes in network byte order.</summary>
    internal NetlinkWriter Address(ushort type, IPAddress value) => Bytes(type, value.GetAddressBytes());

    /// <summary>An attribute that holds what <paramref name="content"/> writes.</summary>
    internal NetlinkWriter Nested(ushort type, Action<NetlinkWriter> content)
    {
        int start = _length;
        Attribute(type, 0);
        content(this);
        MemoryMarshal.Write(_buffer.AsSpan(start), checked((ushort)(_length - start)));
        return this;
    }

    internal byte[] ToArray()
    {
        MemoryMarshal.Write(_buffer, _length);
        return _buffer.AsSpan(0, _length).ToArray();
    }

    internal static int Align(int length) => (length + 3) & ~3;

    private Span<byte> Attribute(ushort type, int length)
    {
        Span<byte> room = Reserve(4 + length);
        MemoryMarshal.Write(room, checked((ushort)(4 + length)));
        MemoryMarshal.Write(room[2..], type);
        return room.Slice(4, length);
    }

    private Span<byte> Reserve(int length)
    {
        int start = _length;
        int end = start + Align(length);
        if (end > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(end, 2 * _buffer.Length));
        }

        _length = end;
        return _buffer.AsSpan(start, length);
    }
}
