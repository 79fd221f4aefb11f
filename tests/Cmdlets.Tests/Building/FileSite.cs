using System.Net;
using System.Net.Sockets;

namespace Containers.Cmdlets.Tests.Building;

/// <summary>Serves the files of a folder at a port of the loopback interface, as any web server does that knows nothing of them.</summary>
internal sealed class FileSite : IDisposable
{
    private readonly HttpListener _listener;
    private readonly string _folder;

    internal FileSite(string folder)
    {
        _folder = folder;

        // A port of the kernel's choice may be taken by the time the listener wants it: then another one.
        for (int attempt = 0; ; attempt++)
        {
            using (TcpListener port = new(IPAddress.Loopback, 0))
            {
                port.Start();
                Port = ((IPEndPoint)port.LocalEndpoint).Port;
            }

            _listener = new HttpListener();
            _listener.Prefixes.Add(Address);
            try
            {
                _listener.Start();
                break;
            }
            catch (HttpListenerException) when (attempt < 5)
            {
                _listener.Close();
            }
        }

        _ = ServeAsync();
    }

    internal int Port { get; }

    internal string Address => $"http://127.0.0.1:{Port}/";

    /// <summary>The Authorization header of the last request; null where it had none.</summary>
    internal string? Authorization { get; private set; }

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
        Authorization = context.Request.Headers["Authorization"];
        string file = Path.Combine(_folder, context.Request.Url!.AbsolutePath.TrimStart('/'));
        try
        {
            context.Response.StatusCode = File.Exists(file) ? 200 : 404;
            await context.Response.OutputStream.WriteAsync(File.Exists(file) ? await File.ReadAllBytesAsync(file) : []);
            context.Response.Close();
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
        {
            context.Response.Abort(); // The client has gone: that is no matter of others.
        }
    }
}
