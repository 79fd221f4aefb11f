using System.Management.Automation;

namespace Containers.Cmdlets;

/// <summary>
/// Sends what is written into it down the pipeline, in arrays of bytes large enough that their number does not matter. Written to by the
/// pipeline's thread only.
/// </summary>
internal sealed class PipelineStream(Cmdlet cmdlet) : Stream
{
    private const int ChunkSize = 256 * 1024;

    private byte[] _chunk = new byte[ChunkSize];

    private int _filled;

    private long _written;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _written;
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _written += buffer.Length;
        while (!buffer.IsEmpty)
        {
            int part = Math.Min(buffer.Length, ChunkSize - _filled);
            buffer[..part].CopyTo(_chunk.AsSpan(_filled));
            _filled += part;
            buffer = buffer[part..];
            if (_filled == ChunkSize)
            {
                // Whoever gets it keeps it: the next chunk needs an array of its own.
                byte[] full = _chunk;
                _chunk = new byte[ChunkSize];
                _filled = 0;
                cmdlet.WriteObject(full, enumerateCollection: false);
            }
        }
    }

    /// <summary>Chunks are as large as they are for a reason: only <see cref="Complete"/> sends a short one.</summary>
    public override void Flush()
    {
    }

    /// <summary>Sends what is left. Not in Dispose, which also follows a failure.</summary>
    internal void Complete()
    {
        if (_filled > 0)
        {
            cmdlet.WriteObject(_chunk.AsSpan(0, _filled).ToArray(), enumerateCollection: false);
            _filled = 0;
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
