namespace Containers.Engine.Storage;

/// <summary>Gathers small writes into large ones, and tells how much went through. Leaves the target open.</summary>
internal sealed class ReportingStream(Stream target, IProgress<long>? progress) : Stream
{
    private const int BufferSize = 1 << 20;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
    private int _used;
    private long _written;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int piece = Math.Min(buffer.Length, BufferSize - _used);
            buffer[..piece].CopyTo(_buffer.AsSpan(_used));
            _used += piece;
            buffer = buffer[piece..];
            if (_used == BufferSize)
            {
                Pass();
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        Pass();
        target.Flush();
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Pass()
    {
        if (_used > 0)
        {
            target.Write(_buffer, 0, _used);
            _written += _used;
            _used = 0;
            progress?.Report(_written);
        }
    }
}
