namespace Containers.Engine.Images;

/// <summary>
/// Reads tar archives as they occur: v7, ustar, PAX, GNU long names, base-256 numbers, GNU and PAX sparse files. Names and
/// values stay bytes. Everything is bounded: extended headers and sparse maps to 1 MiB. Global PAX headers are skipped, as
/// docker does. An archive must have its end marker (one zero block at least), so that a cut one is noticed.
/// </summary>
/// <param name="source">The archive.</param>
/// <param name="index">Gets everything that is no file's content, byte for byte, as it goes by; null where nobody wants it.</param>
internal sealed partial class TarReader(Stream source, TarIndexWriter? index = null)
{
    private const int MaxExtendedBytes = 1 << 20;

    private readonly byte[] _buffer = new byte[256 * 1024];
    private readonly ByteText _longName = new();
    private readonly ByteText _longLink = new();
    private readonly TarEntry _entry = new();
    private readonly PaxHeader _pax = new();
    private int _start;
    private int _end;
    private long _remaining;
    private int _padding;
    private bool _any;

    /// <summary>The next entry, the same object each time, or null at the end.</summary>
    /// <exception cref="EngineException">DamagedArchive, TruncatedArchive, ArchiveLimitExceeded.</exception>
    internal TarEntry? Next()
    {
        SkipData();
        _pax.Clear();
        _longName.Clear();
        _longLink.Clear();
        while (true)
        {
            if (!Fill(TarFormat.BlockSize))
            {
                throw _any ? ImageErrors.Truncated() : ImageErrors.DamagedArchive(_start != _end ? "it is no tar archive" : "it is empty");
            }

            ReadOnlySpan<byte> header = _buffer.AsSpan(_start, TarFormat.BlockSize);
            if (header.IndexOfAnyExcept((byte)0) < 0)
            {
                Drain();
                return null;
            }

            CheckHeader(header);
            _any = true;
            byte type = header[TarFormat.TypeOffset];
            long size = Number(header.Slice(TarFormat.SizeOffset, TarFormat.LongLength), "size");
            if (size < 0)
            {
                throw ImageErrors.DamagedArchive("an entry has a negative size");
            }

            switch (type)
            {
                case (byte)'x' or (byte)'X':
                    _pax.Clear();
                    _pax.Parse(ReadExtended(size));
                    continue;
                case (byte)'g':
                    ReadExtended(size);
                    continue;
                case (byte)'L':
                    _longName.Set(UntilZero(ReadExtended(size)));
                    continue;
                case (byte)'K':
                    _longLink.Set(UntilZero(ReadExtended(size)));
                    continue;
                case (byte)'V':
                    Pass(TarFormat.BlockSize);
                    StartData(size);
                    SkipData();
                    continue;
                default:
                    ReadEntry(header, type, size);
                    return _entry;
            }
        }
    }

    /// <summary>
    /// The next piece of the entry's stored data, valid until the next call; empty at its end. It is the caller who tells the
    /// index what becomes of it.
    /// </summary>
    internal ReadOnlySpan<byte> ReadData(long limit)
    {
        long want = Math.Min(_remaining, limit);
        if (want == 0)
        {
            return default;
        }

        if (_start == _end && !Fill(1))
        {
            throw ImageErrors.Truncated();
        }

        int length = (int)Math.Min(want, _end - _start);
        ReadOnlySpan<byte> piece = _buffer.AsSpan(_start, length);
        _start += length;
        _remaining -= length;
        return piece;
    }

    private static ReadOnlySpan<byte> UntilZero(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    private static void CheckHeader(ReadOnlySpan<byte> header)
    {
        long expected = Number(header.Slice(TarFormat.ChecksumOffset, 8), "checksum");
        if (expected != TarFormat.Checksum(header, signed: false) && expected != TarFormat.Checksum(header, signed: true))
        {
            throw ImageErrors.DamagedArchive("it is no tar archive, or a header is damaged");
        }
    }

    /// <summary>Octal digits, or a two's complement number in base 256 when the first bit is set.</summary>
    private static long Number(ReadOnlySpan<byte> field, string what)
    {
        if ((field[0] & 0x80) != 0)
        {
            bool negative = (field[0] & 0x40) != 0;
            long value = negative ? -1 : 0;
            for (int i = 0; i < field.Length; i++)
            {
                byte b = i == 0 && !negative ? (byte)(field[0] & 0x7F) : field[i];
                if (value is > (long.MaxValue >> 8) or < (long.MinValue >> 8))
                {
                    throw ImageErrors.DamagedArchive($"a header's {what} is out of range");
                }

                value = (value << 8) | b;
            }

            return value;
        }

        ReadOnlySpan<byte> digits = field.Trim(" \0"u8);
        long result = 0;
        foreach (byte b in digits)
        {
            if (b is < (byte)'0' or > (byte)'7')
            {
                // Old tars leave rubbish after the terminator.
                if (b is 0 or (byte)' ')
                {
                    break;
                }

                throw ImageErrors.DamagedArchive($"a header's {what} is no number");
            }

            result = (result << 3) | (uint)(b - '0');
        }

        return result;
    }

    private static uint Id(long value, string what) => value is >= 0 and < uint.MaxValue
        ? (uint)value
        : throw ImageErrors.DamagedArchive($"a header's {what} is out of range");

    private void ReadEntry(ReadOnlySpan<byte> header, byte type, long size)
    {
        TarEntry entry = _entry;
        entry.Clear();
        ReadNames(header, entry);
        entry.Mode = (uint)Number(header.Slice(TarFormat.ModeOffset, TarFormat.IdLength), "mode") & 0xFFF;
        entry.Uid = Id(_pax.Uid ?? Number(header.Slice(TarFormat.UidOffset, TarFormat.IdLength), "owner"), "owner");
        entry.Gid = Id(_pax.Gid ?? Number(header.Slice(TarFormat.GidOffset, TarFormat.IdLength), "group"), "group");
        entry.Seconds = _pax.Seconds ?? Number(header.Slice(TarFormat.TimeOffset, TarFormat.LongLength), "time");
        entry.Nanoseconds = _pax.Nanoseconds;
        entry.Attributes.AddRange(_pax.Attributes);
        entry.Type = type switch
        {
            0 or (byte)'0' or (byte)'7' or (byte)'S' => TarEntryType.File,
            (byte)'1' => TarEntryType.HardLink,
            (byte)'2' => TarEntryType.SymbolicLink,
            (byte)'3' => TarEntryType.CharacterDevice,
            (byte)'4' => TarEntryType.BlockDevice,
            (byte)'5' or (byte)'D' => TarEntryType.Directory,
            (byte)'6' => TarEntryType.Fifo,
            _ => throw ImageErrors.DamagedArchive($"it has an entry of the unknown type '{(char)type}'"),
        };

        // Before ustar a directory was a file whose name ends with a slash.
        if (type is 0 or (byte)'0' && entry.Name.Span is [.., (byte)'/'])
        {
            entry.Type = TarEntryType.Directory;
        }

        if (entry.Type is TarEntryType.CharacterDevice or TarEntryType.BlockDevice)
        {
            entry.DeviceMajor = Id(_pax.DeviceMajor ?? Number(header.Slice(TarFormat.MajorOffset, 8), "device"), "device");
            entry.DeviceMinor = Id(_pax.DeviceMinor ?? Number(header.Slice(TarFormat.MinorOffset, 8), "device"), "device");
        }

        // Only files, GNU's directory lists and hard links with content have data; elsewhere the size is decoration.
        bool hasData = entry.Type is TarEntryType.File || type == 'D'
            || (entry.Type is TarEntryType.HardLink && _pax.HasAny);
        long stored = hasData ? _pax.Size ?? size : 0;
        bool oldSparse = type == 'S';
        long realSize = oldSparse
            ? Number(header.Slice(TarFormat.SparseRealSizeOffset, TarFormat.LongLength), "size")
            : stored;
        if (oldSparse)
        {
            ReadOldSparse(header);
        }
        else
        {
            Pass(TarFormat.BlockSize);
        }

        StartData(stored);
        entry.Size = realSize;
        if (entry.Type == TarEntryType.File)
        {
            if (!oldSparse && _pax.IsSparse)
            {
                ReadPaxSparse(entry);
            }

            entry.StoredSize = _remaining;
            if (entry.IsSparse)
            {
                CheckSparse(entry);
            }
        }
        else
        {
            entry.Size = 0;
        }
    }

    private void ReadNames(ReadOnlySpan<byte> header, TarEntry entry)
    {
        if (_pax.Path.Length > 0)
        {
            entry.Name.Set(_pax.Path.Span);
        }
        else if (_longName.Length > 0)
        {
            entry.Name.Set(_longName.Span);
        }
        else
        {
            ReadOnlySpan<byte> name = UntilZero(header.Slice(TarFormat.NameOffset, TarFormat.NameLength));

            // GNU's magic has spaces there and uses the prefix field for other things.
            if (header.Slice(TarFormat.MagicOffset, 6).SequenceEqual("ustar\0"u8))
            {
                bool star = header.Slice(508, 4).SequenceEqual("tar\0"u8);
                ReadOnlySpan<byte> prefix = UntilZero(header.Slice(TarFormat.PrefixOffset, star ? 131 : TarFormat.PrefixLength));
                if (!prefix.IsEmpty)
                {
                    entry.Name.Append(prefix);
                    entry.Name.Append("/"u8);
                }
            }

            entry.Name.Append(name);
        }

        if (_pax.LinkPath.Length > 0)
        {
            entry.LinkName.Set(_pax.LinkPath.Span);
        }
        else if (_longLink.Length > 0)
        {
            entry.LinkName.Set(_longLink.Span);
        }
        else
        {
            entry.LinkName.Set(UntilZero(header.Slice(TarFormat.LinkOffset, TarFormat.NameLength)));
        }
    }

    /// <summary>The data of an extended header; the span lives until the buffer is used again.</summary>
    private byte[] ReadExtended(long size)
    {
        if (size > MaxExtendedBytes)
        {
            throw ImageErrors.Limit("an extended header is longer than 1 MiB", "Do not use this archive.");
        }

        Pass(TarFormat.BlockSize);
        StartData(size);
        byte[] data = new byte[size];
        ReadExactly(data);
        SkipData();
        return data;
    }

    private void ReadExactly(Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            ReadOnlySpan<byte> piece = ReadAside(target.Length);
            if (piece.IsEmpty)
            {
                throw ImageErrors.DamagedArchive("an entry is shorter than it says");
            }

            piece.CopyTo(target);
            target = target[piece.Length..];
        }
    }

    private void StartData(long size)
    {
        _remaining = size;
        _padding = (int)(-size & (TarFormat.BlockSize - 1));
    }

    private void SkipData()
    {
        while (_remaining > 0)
        {
            ReadAside(long.MaxValue);
        }

        if (_padding > 0)
        {
            if (!Fill(_padding))
            {
                throw ImageErrors.Truncated();
            }

            Pass(_padding);
            _padding = 0;
        }
    }

    /// <summary>Makes at least so many bytes lie in the buffer; false at the end of the stream.</summary>
    private bool Fill(int count)
    {
        if (_end - _start >= count)
        {
            return true;
        }

        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
        while (_end < count)
        {
            int got = source.Read(_buffer.AsSpan(_end));
            if (got == 0)
            {
                return false;
            }

            _end += got;
        }

        return true;
    }

    /// <summary>Reads what follows the end marker: it belongs to the digest, though not to the content.</summary>
    private void Drain()
    {
        Pass(_end - _start);
        int got;
        while ((got = source.Read(_buffer)) > 0)
        {
            index?.Raw(_buffer.AsSpan(0, got));
        }

        _start = _end = 0;
    }

    /// <summary>Data that becomes no file's content: maps of sparse files, extended headers, what is skipped.</summary>
    private ReadOnlySpan<byte> ReadAside(long limit)
    {
        ReadOnlySpan<byte> piece = ReadData(limit);
        index?.Raw(piece);
        return piece;
    }

    private void Pass(int count)
    {
        index?.Raw(_buffer.AsSpan(_start, count));
        _start += count;
    }
}
