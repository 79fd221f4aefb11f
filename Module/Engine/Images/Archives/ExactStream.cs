namespace Containers.Engine.Images;

/// <summary>Lets exactly so many bytes through: a header with the length is written already.</summary>
internal sealed class ExactStream(Stream target, string name, long size) : Stream
{
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
        _written += buffer.Length;
        if (_written > size)
        {
            throw new InvalidOperationException($"'{name}' is longer than the {size} bytes that were announced.");
        }

        target.Write(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>Called at the end.</summary>
    internal void Check()
    {
        if (_written != size)
        {
            throw new InvalidOperationException($"'{name}' has {_written} bytes; {size} were announced.");
        }
    }

    public override void Flush() => target.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
