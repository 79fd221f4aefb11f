using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using static Containers.Engine.Linux.Libc;

namespace Containers.Engine.Networking.Netlink;

/// <summary>Walks the messages of one datagram. What is cut short, or says it is longer than it is, ends the walk.</summary>
internal ref struct NetlinkReader(ReadOnlySpan<byte> datagram)
{
    private ReadOnlySpan<byte> _rest = datagram;

    internal ushort Type { get; private set; }

    internal ushort Flags { get; private set; }

    internal uint Sequence { get; private set; }

    /// <summary>What follows the header.</summary>
    internal ReadOnlySpan<byte> Body { get; private set; }

    /// <summary>The walk ended at something that is no message.</summary>
    internal bool Damaged { get; private set; }

    internal bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        if (_rest.Length < NetlinkWriter.HeaderSize)
        {
            Damaged = true;
            return false;
        }

        uint length = MemoryMarshal.Read<uint>(_rest);
        if (length < NetlinkWriter.HeaderSize || length > _rest.Length)
        {
            Damaged = true;
            return false;
        }

        Type = MemoryMarshal.Read<ushort>(_rest[4..]);
        Flags = MemoryMarshal.Read<ushort>(_rest[6..]);
        Sequence = MemoryMarshal.Read<uint>(_rest[8..]);
        Body = _rest[NetlinkWriter.HeaderSize..(int)length];
        _rest = _rest[Math.Min(NetlinkWriter.Align((int)length), _rest.Length)..];
        return true;
    }

    /// <summary>Reads a message's fixed structure and gives the attributes behind it.</summary>
    internal static bool TryRead<T>(ReadOnlySpan<byte> body, out T structure, out AttributeReader attributes)
        where T : unmanaged
    {
        int size = Unsafe.SizeOf<T>();
        if (body.Length < size)
        {
            structure = default;
            attributes = default;
            return false;
        }

        structure = MemoryMarshal.Read<T>(body);
        attributes = new AttributeReader(body[Math.Min(NetlinkWriter.Align(size), body.Length)..]);
        return true;
    }
}

/// <summary>Walks attributes. One that says it is longer than what is left ends the walk, as in the kernel itself.</summary>
internal ref struct AttributeReader(ReadOnlySpan<byte> attributes)
{
    private ReadOnlySpan<byte> _rest = attributes;

    /// <summary>The type without the flags for nesting and byte order.</summary>
    internal ushort Type { get; private set; }

    internal ReadOnlySpan<byte> Value { get; private set; }

    internal bool MoveNext()
    {
        if (_rest.Length < 4)
        {
            return false;
        }

        int length = MemoryMarshal.Read<ushort>(_rest);
        if (length < 4 || length > _rest.Length)
        {
            return false;
        }

        Type = (ushort)(MemoryMarshal.Read<ushort>(_rest[2..]) & NLA_TYPE_MASK);
        Value = _rest[4..length];
        _rest = _rest[Math.Min(NetlinkWriter.Align(length), _rest.Length)..];
        return true;
    }

    /// <summary>The value as a number, or 0 where it is too short to be one.</summary>
    internal readonly T Number<T>()
        where T : unmanaged => Value.Length < Unsafe.SizeOf<T>() ? default : MemoryMarshal.Read<T>(Value);

    /// <summary>The value up to its first zero.</summary>
    internal readonly string Text()
    {
        int end = Value.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? Value : Value[..end]);
    }

    /// <summary>The value as an address, or null where it has the length of none.</summary>
    internal readonly IPAddress? Address() => Value.Length is 4 or 16 ? new IPAddress(Value) : null;
}
