using Containers.Engine.Images;

namespace Containers.Engine.Registry.Http;

/// <summary>
/// A body, read synchronously. Such a read knows no token: the watch disposes the answer instead, which closes the socket, which ends the
/// read.
/// </summary>
internal sealed class WatchedBody : ReadingStream
{
    private readonly HttpResponseMessage _response;
    private readonly RequestWatch _watch;
    private readonly CancellationTokenRegistration _end;
    private Stream? _stream;

    internal WatchedBody(HttpResponseMessage response, RequestWatch watch)
    {
        _response = response;
        _watch = watch;
        _end = watch.Token.UnsafeRegister(static r => ((HttpResponseMessage)r!).Dispose(), response);
    }

    /// <exception cref="TransientFailureException">Cut, or silent for too long.</exception>
    public override int Read(Span<byte> buffer)
    {
        _watch.Arm();
        try
        {
            _stream ??= _response.Content.ReadAsStream();
            int got = _stream.Read(buffer);
            return _watch.Token.IsCancellationRequested ? throw new IOException("The watch has ended it.") : got;
        }
        catch (Exception e) when (_watch.Token.IsCancellationRequested
            || e is IOException or HttpRequestException or ObjectDisposedException)
        {
            // Once the watch has disposed the answer in the middle of a read, any exception is a consequence of that.
            throw _watch.Explain(e);
        }
        finally
        {
            _watch.Disarm();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _end.Dispose();
            _response.Dispose();
        }

        base.Dispose(disposing);
    }
}
