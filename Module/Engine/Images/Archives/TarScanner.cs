using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>Where a member's bytes are, or what it links to.</summary>
internal readonly record struct TarMember(long Offset, long Size, string? Link = null, bool Symbolic = false, bool Sparse = false);

/// <summary>
/// Reads the headers of a plain tar and jumps over the data: an archive of gigabytes is known after a few reads. Understands what
/// <see cref="TarReader"/> does; of several members with one name the last one counts, as when they are unpacked.
/// </summary>
internal sealed class TarScanner(SafeFileHandle file, string subject, CancellationToken cancel)
{
    private const int MaxMembers = 100_000;
    private const int MaxExtendedBytes = 1 << 20;

    /// <summary>No image archive has a longer one; members with such are left out.</summary>
    private const int MaxName = 1024;

    private readonly Dictionary<string, TarMember> _members = new(StringComparer.Ordinal);
    private readonly PaxHeader _pax = new();
    private readonly byte[] _header = new byte[TarFormat.BlockSize];
    private readonly long _length = RandomAccess.GetLength(file);
    private byte[]? _longName;
    private byte[]? _longLink;
    private long _position;

    /// <exception cref="EngineException">NotAnImageArchive: no tar at all. DamagedArchive, TruncatedArchive, ArchiveReadFailed.</exception>
    internal Dictionary<string, TarMember> Scan()
    {
        if (_length == 0)
        {
            throw ImageErrors.DamagedArchive("it is empty");
        }

        if (_length < TarFormat.BlockSize)
        {
            throw ArchiveErrors.NotAnImage(subject, "it is no tar archive");
        }

        int count = 0;
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            ReadBlock();
            if (_header.AsSpan().IndexOfAnyExcept((byte)0) < 0)
            {
                return _members;
            }

            CheckHeader();
            if (++count > MaxMembers)
            {
                throw ArchiveErrors.NotAnImage(subject, $"it has more than {MaxMembers} entries");
            }

            ReadEntry();
        }
    }

    private void ReadEntry()
    {
        byte type = _header[TarFormat.TypeOffset];
        long size = Number(TarFormat.SizeOffset, TarFormat.LongLength);
        switch (type)
        {
            case (byte)'x' or (byte)'X':
                _pax.Clear();
                _pax.Parse(ReadExtended(size));
                return;
            case (byte)'L':
                _longName = ReadExtended(size);
                return;
            case (byte)'K':
                _longLink = ReadExtended(size);
                return;
            case (byte)'g' or (byte)'V':
                Skip(size);
                return;
        }

        bool file = type is 0 or (byte)'0' or (byte)'7' or (byte)'S';
        bool link = type is (byte)'1' or (byte)'2';
        string written = Name();
        string? name = MemberPath.Clean(written);
        string target = link ? LinkName() : "";
        if (type == 'S')
        {
            SkipSparseMap();
        }

        // As in TarReader: elsewhere the size is decoration.
        long stored = file || type == 'D' || (type == '1' && _pax.HasAny) ? _pax.Size ?? size : 0;
        if (name is { Length: > 0 and <= MaxName })
        {
            bool folder = type is 0 or (byte)'0' && written.EndsWith('/');
            if (link && target.Length <= MaxName)
            {
                _members[name] = new TarMember(0, 0, target, type == '2');
            }
            else if (file && !folder)
            {
                _members[name] = new TarMember(_position, stored, Sparse: type == 'S' || _pax.IsSparse);
            }
            else
            {
                _members.Remove(name);
            }
        }

        Skip(stored);
        _pax.Clear();
        _longName = _longLink = null;
    }

    private string Name()
    {
        if (_pax.Path.Length > 0)
        {
            return NativePath.ToText(_pax.Path.Span);
        }

        if (_longName is not null)
        {
            return Text(_longName);
        }

        string name = Text(_header.AsSpan(TarFormat.NameOffset, TarFormat.NameLength));
        string prefix = _header.AsSpan(TarFormat.MagicOffset, 6).SequenceEqual("ustar\0"u8)
            ? Text(_header.AsSpan(TarFormat.PrefixOffset, TarFormat.PrefixLength))
            : "";
        return prefix.Length == 0 ? name : prefix + "/" + name;
    }

    private string LinkName() => _pax.LinkPath.Length > 0 ? NativePath.ToText(_pax.LinkPath.Span)
        : _longLink is not null ? Text(_longLink)
        : Text(_header.AsSpan(TarFormat.LinkOffset, TarFormat.NameLength));

    private static string Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return NativePath.ToText(end < 0 ? field : field[..end]);
    }

    private void CheckHeader()
    {
        ReadOnlySpan<byte> field = _header.AsSpan(TarFormat.ChecksumOffset, 8).Trim(" \0"u8);
        long sum = field.IndexOfAnyExceptInRange((byte)'0', (byte)'7') < 0 ? Octal(field) : -1;
        if (sum != TarFormat.Checksum(_header, signed: false) && sum != TarFormat.Checksum(_header, signed: true))
        {
            throw _position == TarFormat.BlockSize
                ? ArchiveErrors.NotAnImage(subject, "it is no tar")
                : ImageErrors.DamagedArchive("a header is damaged");
        }
    }

    /// <summary>Octal digits, or a number in base 256 when the first bit is set; never negative.</summary>
    private long Number(int offset, int length)
    {
        ReadOnlySpan<byte> field = _header.AsSpan(offset, length);
        if ((field[0] & 0x80) == 0)
        {
            return Octal(field.Trim(" \0"u8));
        }

        long value = 0;
        for (int i = 0; i < length; i++)
        {
            value = (value << 8) | (i == 0 ? (byte)(field[0] & 0x7F) : field[i]);
            if (value is < 0 or > (1L << 52))
            {
                throw ImageErrors.DamagedArchive("a header's size is out of range");
            }
        }

        return value;
    }

    private static long Octal(ReadOnlySpan<byte> digits)
    {
        long value = 0;
        foreach (byte digit in digits)
        {
            if (digit is 0 or (byte)' ')
            {
                break;
            }

            value = digit is >= (byte)'0' and <= (byte)'7'
                ? (value << 3) | (uint)(digit - '0')
                : throw ImageErrors.DamagedArchive("a header's number is none");
        }

        return value;
    }

    private byte[] ReadExtended(long size)
    {
        if (size > MaxExtendedBytes)
        {
            throw ImageErrors.Limit("an extended header is longer than 1 MiB", "Do not use this archive.");
        }

        byte[] content = new byte[size];
        ReadExactly(content, _position);
        Skip(size);
        return content;
    }

    /// <summary>GNU's old sparse format goes on in further blocks (GNU tar manual, "Standard").</summary>
    private void SkipSparseMap()
    {
        bool more = _header[TarFormat.SparseMoreOffset] != 0;
        while (more)
        {
            ReadBlock();
            more = _header[TarFormat.SparseBlockMoreOffset] != 0;
        }
    }

    private void ReadBlock()
    {
        ReadExactly(_header, _position);
        _position += TarFormat.BlockSize;
    }

    private void Skip(long size)
    {
        long padded = (size + TarFormat.BlockSize - 1) & ~(long)(TarFormat.BlockSize - 1);
        if (size < 0 || padded > _length - _position)
        {
            throw ImageErrors.Truncated();
        }

        _position += padded;
    }

    private void ReadExactly(Span<byte> target, long position)
    {
        try
        {
            while (!target.IsEmpty)
            {
                int got = RandomAccess.Read(file, target, position);
                if (got == 0)
                {
                    throw ImageErrors.Truncated();
                }

                target = target[got..];
                position += got;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ArchiveErrors.ReadFailed(subject, e);
        }
    }
}
