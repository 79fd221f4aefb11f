using System.Text;
using System.Text.Unicode;

namespace Containers.Engine.Images;

/// <summary>
/// Writes tar archives that depend on nothing but what is written: ustar headers, and PAX records, in a fixed order, only for
/// what does not fit (long or non-ASCII names, big numbers, attributes). Times are whole seconds.
/// </summary>
internal sealed class TarWriter(Stream target)
{
    private const long MaxOctal7 = 0x1FFFFF;
    private const long MaxOctal11 = 0x1FFFFFFFF;

    private readonly byte[] _header = new byte[TarFormat.BlockSize];
    private readonly byte[] _zeros = new byte[TarFormat.BlockSize];
    private readonly ByteText _records = new();
    private int _padding;

    /// <summary>Writes the header; for a file exactly <see cref="TarEntry.Size"/> bytes of data must follow.</summary>
    internal void WriteEntry(TarEntry entry)
    {
        ReadOnlySpan<byte> name = entry.Name.Span;
        ReadOnlySpan<byte> link = entry.LinkName.Span;
        _records.Clear();
        int split = SplitName(name);
        bool binary = !Utf8.IsValid(name) || !Utf8.IsValid(link);
        if (binary)
        {
            AddRecord("hdrcharset"u8, "BINARY"u8);
        }

        if (entry.Gid > MaxOctal7)
        {
            AddRecord("gid"u8, entry.Gid);
        }

        bool longLink = link.Length > TarFormat.NameLength || !Ascii.IsValid(link);
        if (longLink)
        {
            AddRecord("linkpath"u8, link);
        }

        bool badTime = entry.Seconds is < 0 or > MaxOctal11;
        if (badTime)
        {
            AddRecord("mtime"u8, entry.Seconds);
        }

        bool longName = split < 0 || !Ascii.IsValid(name);
        if (longName)
        {
            AddRecord("path"u8, name);
        }

        long size = entry.Type == TarEntryType.File ? entry.Size : 0;
        if (size > MaxOctal11)
        {
            AddRecord("size"u8, size);
        }

        if (entry.Uid > MaxOctal7)
        {
            AddRecord("uid"u8, entry.Uid);
        }

        foreach (ExtendedAttribute attribute in entry.Attributes)
        {
            byte[] key = [.. "SCHILY.xattr."u8, .. attribute.Name];
            AddRecord(key, attribute.Value);
        }

        if (_records.Length > 0)
        {
            WriteExtended(name);
        }

        Array.Clear(_header);
        if (longName)
        {
            Tail(name, TarFormat.NameLength).CopyTo(_header);
        }
        else
        {
            name[split..].CopyTo(_header);
            if (split > 0)
            {
                name[..(split - 1)].CopyTo(_header.AsSpan(TarFormat.PrefixOffset));
            }
        }

        (longLink ? Tail(link, TarFormat.NameLength) : link).CopyTo(_header.AsSpan(TarFormat.LinkOffset));
        Octal(TarFormat.ModeOffset, TarFormat.IdLength, entry.Mode);
        Octal(TarFormat.UidOffset, TarFormat.IdLength, entry.Uid > MaxOctal7 ? 0 : entry.Uid);
        Octal(TarFormat.GidOffset, TarFormat.IdLength, entry.Gid > MaxOctal7 ? 0 : entry.Gid);
        Octal(TarFormat.SizeOffset, TarFormat.LongLength, size > MaxOctal11 ? 0 : size);
        Octal(TarFormat.TimeOffset, TarFormat.LongLength, badTime ? 0 : entry.Seconds);
        Octal(TarFormat.MajorOffset, TarFormat.IdLength, entry.DeviceMajor);
        Octal(TarFormat.MinorOffset, TarFormat.IdLength, entry.DeviceMinor);
        byte type = entry.Type switch
        {
            TarEntryType.File => (byte)'0',
            TarEntryType.HardLink => (byte)'1',
            TarEntryType.SymbolicLink => (byte)'2',
            TarEntryType.CharacterDevice => (byte)'3',
            TarEntryType.BlockDevice => (byte)'4',
            TarEntryType.Directory => (byte)'5',
            _ => (byte)'6',
        };
        Finish(type);
        _padding = (int)(-size & (TarFormat.BlockSize - 1));
        if (size == 0)
        {
            EndData();
        }
    }

    internal void WriteData(ReadOnlySpan<byte> data) => target.Write(data);

    /// <summary>Pads the data of a file to the next block.</summary>
    internal void EndData()
    {
        target.Write(_zeros.AsSpan(0, _padding));
        _padding = 0;
    }

    /// <summary>The two zero blocks at the end.</summary>
    internal void WriteEnd()
    {
        target.Write(_zeros);
        target.Write(_zeros);
    }

    /// <summary>Where the name field begins: 0 when all fits into it, -1 when no split does.</summary>
    private static int SplitName(ReadOnlySpan<byte> name)
    {
        if (name.Length <= TarFormat.NameLength)
        {
            return 0;
        }

        for (int i = Math.Min(name.Length - 2, TarFormat.PrefixLength); i > 0; i--)
        {
            if (name[i] == '/')
            {
                return name.Length - i - 1 <= TarFormat.NameLength ? i + 1 : -1;
            }
        }

        return -1;
    }

    private static ReadOnlySpan<byte> Tail(ReadOnlySpan<byte> text, int length) => text.Length <= length ? text : text[^length..];

    private void AddRecord(ReadOnlySpan<byte> key, long value)
    {
        Span<byte> digits = stackalloc byte[20];
        value.TryFormat(digits, out int length);
        AddRecord(key, digits[..length]);
    }

    private void AddRecord(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        // The record begins with its own length, which counts itself.
        int rest = key.Length + value.Length + 3;
        int total = rest + 1;
        while (rest + Digits(total) != total)
        {
            total = rest + Digits(total);
        }

        Span<byte> digits = stackalloc byte[12];
        total.TryFormat(digits, out int length);
        _records.Append(digits[..length]);
        _records.Append(" "u8);
        _records.Append(key);
        _records.Append("="u8);
        _records.Append(value);
        _records.Append("\n"u8);
    }

    private static int Digits(int value)
    {
        int digits = 1;
        while (value >= 10)
        {
            value /= 10;
            digits++;
        }

        return digits;
    }

    private void WriteExtended(ReadOnlySpan<byte> name)
    {
        Array.Clear(_header);
        ReadOnlySpan<byte> prefix = "PaxHeaders/"u8;
        prefix.CopyTo(_header);
        Tail(name.TrimEnd((byte)'/'), TarFormat.NameLength - prefix.Length).CopyTo(_header.AsSpan(prefix.Length));
        Octal(TarFormat.ModeOffset, TarFormat.IdLength, 0x1A4);
        Octal(TarFormat.UidOffset, TarFormat.IdLength, 0);
        Octal(TarFormat.GidOffset, TarFormat.IdLength, 0);
        Octal(TarFormat.SizeOffset, TarFormat.LongLength, _records.Length);
        Octal(TarFormat.TimeOffset, TarFormat.LongLength, 0);
        Octal(TarFormat.MajorOffset, TarFormat.IdLength, 0);
        Octal(TarFormat.MinorOffset, TarFormat.IdLength, 0);
        Finish((byte)'x');
        target.Write(_records.Span);
        target.Write(_zeros.AsSpan(0, -_records.Length & (TarFormat.BlockSize - 1)));
    }

    private void Octal(int offset, int length, long value)
    {
        for (int i = length - 2; i >= 0; i--)
        {
            _header[offset + i] = (byte)('0' + (value & 7));
            value >>= 3;
        }
    }

    private void Finish(byte type)
    {
        _header[TarFormat.TypeOffset] = type;
        "ustar\0"u8.CopyTo(_header.AsSpan(TarFormat.MagicOffset));
        "00"u8.CopyTo(_header.AsSpan(TarFormat.MagicOffset + 6));
        int sum = TarFormat.Checksum(_header, signed: false);
        Octal(TarFormat.ChecksumOffset, 7, sum);
        _header[TarFormat.ChecksumOffset + 7] = (byte)' ';
        target.Write(_header);
    }
}
