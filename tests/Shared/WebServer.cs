using System.Net;

namespace Containers.Tests.Shared;

/// <summary>A web server on loopback that answers each request as the test says, several at a time.</summary>
internal sealed class WebServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Func<HttpListenerRequest, HttpListenerResponse, Task> _answer;

    internal WebServer(Func<HttpListenerRequest, HttpListenerResponse, Task> answer)
    {
        _answer = answer;
        Port = LoopbackPort.Next();
        _listener.Prefixes.Add(Address);
        _listener.Start();
        _ = ServeAsync();
    }

    internal int Port { get; }

    /// <summary>http://127.0.0.1:PORT/.</summary>
    internal string Address => $"http://127.0.0.1:{Port}/";

    /// <summary>One content at every address, last changed at <paramref name="modified"/> (RFC 9110 5.6.7), but nothing at /missing.</summary>
    internal static WebServer Of(byte[] content, string modified = "Wed, 21 Oct 2015 07:28:00 GMT") => new(async (request, response) =>
    {
        if (request.Url!.AbsolutePath == "/missing")
        {
            response.StatusCode = 404;
            return;
        }

        response.Headers["Last-Modified"] = modified;
        await response.OutputStream.WriteAsync(content);
    });

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                _ = AnswerAsync(await _listener.GetContextAsync());
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            await _answer(context.Request, context.Response);
            context.Response.Close();
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
        {
            context.Response.Abort(); // The client has gone: that is no matter of others.
        }
    }
}
