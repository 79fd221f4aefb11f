using System.Net;

namespace Containers.Cmdlets.Tests.Building;

/// <summary>Serves the files of a folder at a port of the loopback interface, as any web server does that knows nothing of them.</summary>
internal sealed class FileSite : IDisposable
{
    private readonly WebServer _server;
    private readonly string _folder;

    internal FileSite(string folder)
    {
        _folder = folder;
        _server = new WebServer(AnswerAsync);
    }

    internal int Port => _server.Port;

    internal string Address => _server.Address;

    /// <summary>The Authorization header of the last request; null where it had none.</summary>
    internal string? Authorization { get; private set; }

    /// <summary>Once, an answer of this kind of path ends in the middle.</summary>
    internal Predicate<string>? CutsOnce { get; set; }

    public void Dispose() => _server.Dispose();

    private async Task AnswerAsync(HttpListenerRequest request, HttpListenerResponse response)
    {
        Authorization = request.Headers["Authorization"];
        string file = Path.Combine(_folder, request.Url!.AbsolutePath.TrimStart('/'));
        byte[] content = File.Exists(file) ? await File.ReadAllBytesAsync(file) : [];
        response.StatusCode = File.Exists(file) ? 200 : 404;
        response.ContentLength64 = content.Length;
        if (content.Length > 0 && CutsOnce?.Invoke(file) == true)
        {
            CutsOnce = null;
            await response.OutputStream.WriteAsync(content.AsMemory(0, content.Length / 2));
            await response.OutputStream.FlushAsync();
            response.Abort();
            return;
        }

        await response.OutputStream.WriteAsync(content);
    }
}
