namespace Containers.Engine.Images;

/// <summary>
/// The source of an import: gives back the bytes looked at first, counts what is read, and keeps the source's own failures
/// apart from those of the decompressor above it.
/// </summary>
internal sealed class CountingStream(Stream source, ReadOnlyMemory<byte> prefix) : Stream
{
    private ReadOnlyMemory<byte> _prefix = prefix;
    private long _count;

    /// <summary>Bytes read so far; may be asked from another thread.</summary>
    internal long Count => Volatile.Read(ref _count);

    /// <summary>What the source threw, if it did.</summary>
    internal Exception? Failure { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        int got;
        if (!_prefix.IsEmpty)
        {
            got = Math.Min(buffer.Length, _prefix.Length);
            _prefix.Span[..got].CopyTo(buffer);
            _prefix = _prefix[got..];
        }
        else
        {
            try
            {
                got = source.Read(buffer);
            }
            catch (Exception e)
            {
                Failure = e;
                throw;
            }
        }

        Volatile.Write(ref _count, _count + got);
        return got;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
