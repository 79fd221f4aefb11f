namespace Containers.Engine.Images;

/// <summary>
/// The source of an import: buffers, lets the first bytes be looked at, counts what is read, and keeps the source's own failures
/// apart from those of the decompressor above it. It cannot seek, but knows its position: the xz reader asks for it.
/// </summary>
internal sealed class CountingStream(Stream source) : ReadingStream
{
    private const int BufferSize = 128 * 1024;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
    private int _start;
    private int _end;
    private long _count;

    /// <summary>Bytes read so far; may be asked from another thread.</summary>
    internal long Count => Volatile.Read(ref _count);

    /// <summary>What the source threw, if it did.</summary>
    internal Exception? Failure { get; private set; }

    public override long Position
    {
        get => Count;
        set => throw new NotSupportedException();
    }

    /// <summary>The next bytes without taking them; fewer at the end of the source.</summary>
    internal ReadOnlySpan<byte> Peek(int count)
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
        while (_end < count)
        {
            int got = ReadSource(_buffer.AsSpan(_end));
            if (got == 0)
            {
                break;
            }

            _end += got;
        }

        return _buffer.AsSpan(0, Math.Min(count, _end));
    }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        int got;
        if (_start == _end && buffer.Length >= BufferSize)
        {
            got = ReadSource(buffer);
        }
        else
        {
            if (_start == _end)
            {
                _start = 0;
                _end = ReadSource(_buffer);
            }

            got = Math.Min(buffer.Length, _end - _start);
            _buffer.AsSpan(_start, got).CopyTo(buffer);
            _start += got;
        }

        Volatile.Write(ref _count, _count + got);
        return got;
    }

    public override int ReadByte()
    {
        if (_start == _end)
        {
            byte one = 0;
            return Read(new Span<byte>(ref one)) == 0 ? -1 : one;
        }

        Volatile.Write(ref _count, _count + 1);
        return _buffer[_start++];
    }

    private int ReadSource(Span<byte> target)
    {
        try
        {
            return source.Read(target);
        }
        catch (Exception e)
        {
            Failure = e;
            throw;
        }
    }
}
