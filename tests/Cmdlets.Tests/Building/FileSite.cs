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

    public void Dispose() => _server.Dispose();

    private async Task AnswerAsync(HttpListenerRequest request, HttpListenerResponse response)
    {
        Authorization = request.Headers["Authorization"];
        string file = Path.Combine(_folder, request.Url!.AbsolutePath.TrimStart('/'));
        response.StatusCode = File.Exists(file) ? 200 : 404;
        await response.OutputStream.WriteAsync(File.Exists(file) ? await File.ReadAllBytesAsync(file) : []);
    }
}
