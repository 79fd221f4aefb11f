using SharpCompress.Compressors.Xz;

namespace Containers.Engine.Images;

/// <summary>
/// An xz file is one stream or several, with zeros between them (xz file format 1.2.0, section 2): parallel compressors and cat
/// make such. SharpCompress reads one stream at a time.
/// </summary>
internal sealed class XzStreams(CountingStream source) : Stream
{
    private const int MagicLength = 6;

    private XZStream? _current;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    internal static bool IsMagic(ReadOnlySpan<byte> bytes) => bytes is [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00, ..];

    public override int Read(byte[] buffer, int offset, int count)
    {
        while (count > 0)
        {
            _current ??= NextStream();
            if (_current is null)
            {
                return 0;
            }

            int got = _current.Read(buffer, offset, count);
            if (got > 0)
            {
                return got;
            }

            _current = null;
        }

        return 0;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private XZStream? NextStream()
    {
        while (source.Peek(1) is [0])
        {
            source.ReadByte();
        }

        ReadOnlySpan<byte> start = source.Peek(MagicLength);
        return start.IsEmpty ? null : IsMagic(start) ? new XZStream(source) : throw new InvalidDataException("rubbish after an xz stream");
    }
}
