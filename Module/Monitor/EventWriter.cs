using System.Runtime.InteropServices;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

/// <summary>Appends what happens to the container to the engine's events (<see cref="EventFile"/>). Failures are of no consequence.</summary>
internal unsafe struct EventWriter(PlanHeader* plan)
{
    /// <summary>Room for the beginning, and for the attributes that an event adds.</summary>
    private const int Size = 256;

    private readonly byte* _path = plan->EventFile;
    private byte* _subject = plan->EventSubject;
    private byte* _own;

    /// <summary>After a renaming.</summary>
    internal void SetSubject(byte* text, int length)
    {
        _own = (byte*)NativeMemory.Realloc(_own, (nuint)length + 1);
        new ReadOnlySpan<byte>(text, length).CopyTo(new Span<byte>(_own, length));
        _own[length] = 0;
        _subject = _own;
    }

    internal readonly void Write(ReadOnlySpan<byte> action) => Append(action, default);

    internal readonly void Write(ReadOnlySpan<byte> action, ReadOnlySpan<byte> attribute, long value)
    {
        byte* buffer = stackalloc byte[Size];
        int length = Attribute(buffer, attribute, value);
        Append(action, new ReadOnlySpan<byte>(buffer, length));
    }

    /// <param name="action">The action.</param>
    /// <param name="attribute">Name of an attribute.</param>
    /// <param name="value">Without a character that JSON would escape.</param>
    internal readonly void Write(ReadOnlySpan<byte> action, ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> value)
    {
        byte* buffer = stackalloc byte[Size];
        int length = Name(buffer, attribute);
        value.CopyTo(new Span<byte>(buffer + length, value.Length));
        length += value.Length;
        buffer[length++] = (byte)'"';
        Append(action, new ReadOnlySpan<byte>(buffer, length));
    }

    internal readonly void WriteEnd(int exitCode, int signal, long seconds)
    {
        byte* buffer = stackalloc byte[Size];
        int length = Attribute(buffer, "exitCode"u8, exitCode);
        if (signal != 0)
        {
            length += Attribute(buffer + length, "signal"u8, signal);
        }

        length += Attribute(buffer + length, "execDuration"u8, seconds);
        Append("die"u8, new ReadOnlySpan<byte>(buffer, length));
    }

    /// <summary>,"name":"</summary>
    private static int Name(byte* buffer, ReadOnlySpan<byte> name)
    {
        buffer[0] = (byte)',';
        buffer[1] = (byte)'"';
        name.CopyTo(new Span<byte>(buffer + 2, name.Length));
        "\":\""u8.CopyTo(new Span<byte>(buffer + 2 + name.Length, 3));
        return name.Length + 5;
    }

    /// <summary>,"name":"value": all attributes are texts, as docker has them.</summary>
    private static int Attribute(byte* buffer, ReadOnlySpan<byte> name, long value)
    {
        int length = Name(buffer, name);
        length += JsonText.Digits(buffer + length, value);
        buffer[length++] = (byte)'"';
        return length;
    }

    private readonly void Append(ReadOnlySpan<byte> action, ReadOnlySpan<byte> attributes)
    {
        if (_path == null)
        {
            return;
        }

        byte* begin = stackalloc byte[Size];
        Span<byte> target = new(begin, Size);
        EventFile.Begin.CopyTo(target);
        int length = EventFile.Begin.Length + EventFile.TimeDigits;
        ReadOnlySpan<byte> type = ",\"type\":\"Container\",\"action\":\""u8;
        type.CopyTo(target[length..]);
        length += type.Length;
        action.CopyTo(target[length..]);
        length += action.Length;
        "\","u8.CopyTo(target[length..]);
        length += 2;
        ReadOnlySpan<byte> end = "}}\n"u8;
        fixed (byte* added = attributes, close = end)
        {
            Libc.iovec* parts = stackalloc Libc.iovec[4];
            parts[0] = new Libc.iovec { iov_base = begin, iov_len = (nuint)length };
            parts[1] = new Libc.iovec { iov_base = _subject, iov_len = (nuint)PathText.Length(_subject) };
            parts[2] = new Libc.iovec { iov_base = added, iov_len = (nuint)attributes.Length };
            parts[3] = new Libc.iovec { iov_base = close, iov_len = (nuint)end.Length };
            EventFile.Append(_path, parts, 4);
        }
    }
}
