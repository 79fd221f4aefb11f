using System.Buffers.Text;

namespace Containers.Engine.Images;

/// <summary>Sparse files: GNU's old format and PAX 0.0, 0.1 and 1.0 (GNU tar manual, "Storing Sparse Files").</summary>
internal sealed partial class TarReader
{
    /// <summary>Two numbers per segment; the map may not be longer than 1 MiB in its densest form.</summary>
    private const int MaxSegments = MaxExtendedBytes / 4;

    private static EngineException BadMap() => ImageErrors.DamagedArchive("the map of a sparse file is malformed");

    private static void CheckSparse(TarEntry entry)
    {
        long end = 0;
        long total = 0;
        foreach (SparseSegment segment in entry.Segments)
        {
            if (segment.Offset < end || segment.Length < 0 || segment.Offset > entry.Size - segment.Length)
            {
                throw BadMap();
            }

            end = segment.Offset + segment.Length;
            total += segment.Length;
        }

        if (entry.Size < 0 || total != entry.StoredSize)
        {
            throw BadMap();
        }
    }

    private static void AddSegment(TarEntry entry, long offset, long length)
    {
        if (entry.Segments.Count >= MaxSegments)
        {
            throw ImageErrors.Limit("the map of a sparse file is too long", "Do not use this archive.");
        }

        entry.Segments.Add(new SparseSegment(offset, length));
    }

    private static long Decimal(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out long value, out int used) && used == text.Length && value >= 0 ? value : throw BadMap();

    private void ReadOldSparse(ReadOnlySpan<byte> header)
    {
        _entry.IsSparse = true;
        ReadOldSegments(header[TarFormat.SparseOffset..], TarFormat.SparseCount);
        bool more = header[TarFormat.SparseMoreOffset] != 0;
        Pass(TarFormat.BlockSize);
        while (more)
        {
            if (!Fill(TarFormat.BlockSize))
            {
                throw ImageErrors.Truncated();
            }

            ReadOnlySpan<byte> block = _buffer.AsSpan(_start, TarFormat.BlockSize);
            ReadOldSegments(block, TarFormat.SparseBlockCount);
            more = block[TarFormat.SparseBlockMoreOffset] != 0;
            Pass(TarFormat.BlockSize);
        }
    }

    private void ReadOldSegments(ReadOnlySpan<byte> fields, int count)
    {
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> pair = fields.Slice(i * 24, 24);
            if (pair[0] == 0)
            {
                return;
            }

            AddSegment(_entry, Number(pair[..12], "sparse map"), Number(pair[12..], "sparse map"));
        }
    }

    private void ReadPaxSparse(TarEntry entry)
    {
        entry.IsSparse = true;
        entry.Size = _pax.SparseSize ?? throw BadMap();
        if (_pax.SparseName.Length > 0)
        {
            entry.Name.Set(_pax.SparseName.Span);
        }

        if (_pax.SparseMajor == 1)
        {
            ReadMapInData(entry);
            return;
        }

        List<long> numbers = _pax.SparseNumbers;
        if (numbers.Count % 2 != 0)
        {
            throw BadMap();
        }

        for (int i = 0; i < numbers.Count; i += 2)
        {
            AddSegment(entry, numbers[i], numbers[i + 1]);
        }
    }

    /// <summary>Version 1.0: decimal numbers, one per line, before the data, padded to a block.</summary>
    private void ReadMapInData(TarEntry entry)
    {
        Span<byte> block = stackalloc byte[TarFormat.BlockSize];
        Span<byte> line = stackalloc byte[20];
        int length = 0;
        int used = 0;
        long count = -1;
        long offset = -1;
        while (count != 0)
        {
            if (used >= MaxExtendedBytes)
            {
                throw ImageErrors.Limit("the map of a sparse file is longer than 1 MiB", "Do not use this archive.");
            }

            ReadExactly(block);
            used += block.Length;
            foreach (byte b in block)
            {
                if (count == 0)
                {
                    break;
                }

                if (b != '\n')
                {
                    if (length == line.Length)
                    {
                        throw BadMap();
                    }

                    line[length++] = b;
                    continue;
                }

                long value = Decimal(line[..length]);
                length = 0;
                if (count < 0)
                {
                    count = value;
                }
                else if (offset < 0)
                {
                    offset = value;
                }
                else
                {
                    AddSegment(entry, offset, value);
                    offset = -1;
                    count--;
                }
            }
        }
    }
}
