using System.Net;
using System.Net.Http.Headers;

namespace Containers.Engine.Registry.Http;

/// <summary>
/// Some bytes of a stream as a request's body, written by the thread that sends it. Progress of the network starts the watch again.
/// </summary>
internal sealed class SliceContent : HttpContent
{
    private readonly Stream _source;
    private readonly long _length;
    private readonly RequestWatch _watch;
    private readonly Action<long>? _sent;

    /// <param name="source">Stands at the beginning of the slice; disposed with the content.</param>
    /// <param name="sent">Told how many bytes of the slice have gone.</param>
    internal SliceContent(Stream source, long length, string mediaType, RequestWatch watch, Action<long>? sent)
    {
        (_source, _length, _watch, _sent) = (source, length, watch, sent);
        Headers.ContentType = MediaTypeHeaderValue.Parse(mediaType);
        Headers.ContentLength = length;
    }

    protected override void SerializeToStream(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[80 << 10];
        for (long done = 0; done < _length;)
        {
            int got = ReadSource(buffer.AsSpan(0, (int)Math.Min(buffer.Length, _length - done)));
            if (got == 0)
            {
                throw new SourceFailedException($"it has ended after {done} of {_length} bytes", null);
            }

            _watch.Arm();
            stream.Write(buffer, 0, got);
            done += got;
            _sent?.Invoke(done);
        }

        _watch.Arm();
    }

    /// <summary>Its failures must not look like those of the network, which are tried again.</summary>
    private int ReadSource(Span<byte> buffer)
    {
        try
        {
            return _source.Read(buffer);
        }
        catch (IOException e)
        {
            throw new SourceFailedException(e.Message.TrimEnd('.'), e);
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        SerializeToStream(stream, context, default);
        return Task.CompletedTask;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _length;
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _source.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>The content cannot be read: a fault of this host, which no further attempt repairs.</summary>
internal sealed class SourceFailedException(string reason, Exception? inner) : IOException(reason, inner);
