using System.IO.Compression;
using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>Reads a layer's tar.idx, piece by piece. Whatever is wrong with it is an <see cref="InvalidDataException"/>.</summary>
internal sealed class TarIndexReader : IDisposable
{
    private const int MaxParts = 1 << 18;

    private readonly BufferedStream _stream;
    private readonly byte[] _raw = new byte[TarIndexFormat.MaxRaw];
    private readonly byte[] _path = new byte[NativePath.MaxLength];
    private int _rawLength;

    /// <param name="source">Closed at the end.</param>
    internal TarIndexReader(Stream source)
    {
        _stream = new BufferedStream(new ZLibStream(source, CompressionMode.Decompress), TarIndexFormat.MaxRaw);
        Span<byte> magic = stackalloc byte[TarIndexFormat.Magic.Length];
        Fill(magic);
        if (!magic.SequenceEqual(TarIndexFormat.Magic))
        {
            throw Damaged();
        }
    }

    internal ReadOnlySpan<byte> RawBytes => _raw.AsSpan(0, _rawLength);

    /// <summary>The path of a Content, Parts or Lost piece, with a zero after it.</summary>
    internal byte[] PathBytes => _path;

    internal int PathLength { get; private set; }

    internal ReadOnlySpan<byte> Path => _path.AsSpan(0, PathLength);

    /// <summary>Bytes of the file, number in the lost folder, or bytes of the archive.</summary>
    internal long Number { get; private set; }

    internal List<SparseSegment> Parts { get; } = [];

    /// <summary>Reads a piece; its kind.</summary>
    internal byte Next()
    {
        int kind = _stream.ReadByte();
        switch (kind)
        {
            case TarIndexFormat.End:
                Number = ReadNumber();
                break;
            case TarIndexFormat.Raw:
                _rawLength = (int)ReadNumber(TarIndexFormat.MaxRaw);
                Fill(_raw.AsSpan(0, _rawLength));
                break;
            case TarIndexFormat.Content:
                ReadPath();
                Number = ReadNumber();
                Parts.Clear();
                Parts.Add(new SparseSegment(0, Number));
                break;
            case TarIndexFormat.Parts:
                ReadPath();
                Number = ReadNumber();
                ReadParts();
                break;
            case TarIndexFormat.Lost:
                Number = ReadNumber();
                ReadPath();
                break;
            default:
                throw Damaged();
        }

        return (byte)kind;
    }

    public void Dispose() => _stream.Dispose();

    private static InvalidDataException Damaged() => new("The index of a layer is damaged.");

    private void ReadPath()
    {
        PathLength = (int)ReadNumber(_path.Length - 1);
        Fill(_path.AsSpan(0, PathLength));
        _path[PathLength] = 0;
    }

    private void ReadParts()
    {
        long count = ReadNumber(MaxParts);
        Parts.Clear();
        for (long i = 0; i < count; i++)
        {
            long offset = ReadNumber(Number);
            Parts.Add(new SparseSegment(offset, ReadNumber(Number - offset)));
        }
    }

    private long ReadNumber(long maximum = long.MaxValue)
    {
        ulong value = 0;
        for (int shift = 0; shift < 63; shift += 7)
        {
            int digit = _stream.ReadByte();
            if (digit < 0)
            {
                throw Damaged();
            }

            value |= (ulong)(digit & 0x7F) << shift;
            if (digit < 0x80)
            {
                return value <= (ulong)maximum ? (long)value : throw Damaged();
            }
        }

        throw Damaged();
    }

    private void Fill(Span<byte> target)
    {
        if (_stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false) != target.Length)
        {
            throw Damaged();
        }
    }
}
