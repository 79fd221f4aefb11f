using System.IO.Compression;

namespace Containers.Engine.Images;

/// <summary>Writes a layer's tar.idx while the layer is extracted. Holds one piece in memory, whatever the archive.</summary>
internal sealed class TarIndexWriter : IDisposable
{
    private readonly OutputFile _target;
    private readonly ZLibStream _stream;
    private readonly byte[] _raw = new byte[TarIndexFormat.MaxRaw];
    private readonly byte[] _head = new byte[64];
    private int _rawLength;
    private int _headLength;

    /// <param name="target">Closed at the end.</param>
    internal TarIndexWriter(OutputFile target)
    {
        _target = target;
        _stream = new ZLibStream(target, CompressionLevel.Fastest);
        try
        {
            _stream.Write(TarIndexFormat.Magic);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Bytes of the archive that are no file's content.</summary>
    internal void Raw(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_rawLength == _raw.Length)
            {
                FlushRaw();
            }

            int count = Math.Min(bytes.Length, _raw.Length - _rawLength);
            bytes[..count].CopyTo(_raw.AsSpan(_rawLength));
            _rawLength += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>Here is the content of a file that was just written.</summary>
    /// <param name="parent">Its directory, links resolved; empty for the root.</param>
    internal void Content(ReadOnlySpan<byte> parent, ReadOnlySpan<byte> name, TarEntry entry)
    {
        if (entry.StoredSize == 0)
        {
            return;
        }

        FlushRaw();
        Begin(entry.IsSparse ? TarIndexFormat.Parts : TarIndexFormat.Content);
        Path(parent, name);
        Number(entry.Size);
        if (entry.IsSparse)
        {
            Number(entry.Segments.Count);
            foreach (SparseSegment segment in entry.Segments)
            {
                Number(segment.Offset);
                Number(segment.Length);
                FlushHead();
            }
        }

        FlushHead();
    }

    /// <summary>What was at a path is in the lost folder now.</summary>
    internal void Lost(long number, ReadOnlySpan<byte> parent, ReadOnlySpan<byte> name)
    {
        FlushRaw();
        Begin(TarIndexFormat.Lost);
        Number(number);
        Path(parent, name);
        FlushHead();
    }

    /// <summary>Closes the index.</summary>
    /// <param name="tarSize">Bytes of the archive.</param>
    internal void Finish(long tarSize)
    {
        FlushRaw();
        Begin(TarIndexFormat.End);
        Number(tarSize);
        FlushHead();
        _stream.Dispose();
    }

    /// <summary>An index that was not finished is given up without another write: the disk may be full.</summary>
    public void Dispose()
    {
        _target.Discard();
        _stream.Dispose();
    }

    private void FlushRaw()
    {
        if (_rawLength > 0)
        {
            Begin(TarIndexFormat.Raw);
            Number(_rawLength);
            FlushHead();
            _stream.Write(_raw, 0, _rawLength);
            _rawLength = 0;
        }
    }

    private void Begin(byte kind)
    {
        _head[0] = kind;
        _headLength = 1;
    }

    private void Path(ReadOnlySpan<byte> parent, ReadOnlySpan<byte> name)
    {
        Number(parent.IsEmpty ? name.Length : parent.Length + 1 + name.Length);
        FlushHead();
        if (!parent.IsEmpty)
        {
            _stream.Write(parent);
            _stream.Write("/"u8);
        }

        _stream.Write(name);
    }

    private void Number(long value)
    {
        while (value >= 0x80)
        {
            _head[_headLength++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _head[_headLength++] = (byte)value;
    }

    private void FlushHead()
    {
        _stream.Write(_head, 0, _headLength);
        _headLength = 0;
    }
}
