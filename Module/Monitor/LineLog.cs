using System.Runtime.InteropServices;

namespace Containers.Monitor;

/// <summary>
/// A log of lines, for the formats that others know. Lines are put together here, because a read ends anywhere; as docker has it, one that is
/// longer than 16 KiB becomes several records.
/// </summary>
internal abstract unsafe class LineLog
{
    /// <summary>Docker's buffer (moby, daemon/logger/copier.go).</summary>
    protected const int LongestLine = 16 << 10;

    private readonly byte* _held = (byte*)NativeMemory.Alloc(2 * LongestLine);
    private int _heldOutput;
    private int _heldError;

    /// <summary>Bytes that could not be written.</summary>
    internal ulong Lost { get; private protected set; }

    internal void Add(int stream, byte* data, int length)
    {
        long time = Clock.Now();
        ref int held = ref stream == 1 ? ref _heldOutput : ref _heldError;
        byte* line = _held + (stream == 1 ? 0 : LongestLine);
        while (length > 0)
        {
            int end = new ReadOnlySpan<byte>(data, length).IndexOf((byte)'\n');
            int take = Math.Min(end < 0 ? length : end, LongestLine - held);
            if (held > 0 || end < 0)
            {
                new ReadOnlySpan<byte>(data, take).CopyTo(new Span<byte>(line + held, take));
                held += take;
            }

            bool whole = take == end;
            if (held == 0)
            {
                // What lies in the buffer of the read as a whole goes from there.
                take -= whole ? 0 : PartOfCharacter(data, take);
                Write(stream, data, take, whole, time);
            }
            else if (whole || held == LongestLine)
            {
                int keep = whole ? 0 : PartOfCharacter(line, held);
                Write(stream, line, held - keep, whole, time);
                new ReadOnlySpan<byte>(line + held - keep, keep).CopyTo(new Span<byte>(line, keep));
                held = keep;
            }

            take += whole ? 1 : 0;
            data += take;
            length -= take;
        }

        Flush();
    }

    /// <summary>The stream has ended: what came without a line end is a record, too.</summary>
    internal void End(int stream)
    {
        ref int held = ref stream == 1 ? ref _heldOutput : ref _heldError;
        if (held > 0)
        {
            Write(stream, _held + (stream == 1 ? 0 : LongestLine), held, whole: false, Clock.Now());
            held = 0;
            Flush();
        }
    }

    internal abstract void Close();

    /// <param name="stream">1 stdout, 2 stderr.</param>
    /// <param name="data">The line, without its end.</param>
    /// <param name="length">At most <see cref="LongestLine"/>.</param>
    /// <param name="whole">The line ends here.</param>
    /// <param name="time">Nanoseconds since 1970.</param>
    protected abstract void Write(int stream, byte* data, int length, bool whole, long time);

    protected abstract void Flush();

    /// <summary>How many bytes at the end are the beginning of a UTF-8 sequence whose rest is still to come.</summary>
    private static int PartOfCharacter(byte* text, int length)
    {
        for (int back = 1; back <= 3 && back < length; back++)
        {
            byte b = text[length - back];
            if (b < 0x80)
            {
                return 0;
            }

            if (b >= 0xC0)
            {
                int size = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2;
                return size > back ? back : 0;
            }
        }

        return 0;
    }
}
