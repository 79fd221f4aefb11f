using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Containers.Engine.Tests.Registry;

/// <summary>A request as it arrived.</summary>
internal sealed record FaultRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    internal string Path => Target.Split('?')[0];

    internal string? this[string header] => Headers.GetValueOrDefault(header);
}

/// <summary>An answer, byte by byte as wanted: what a well-behaved server could not send.</summary>
internal sealed record FaultAnswer(int Status, byte[] Body)
{
    internal FaultAnswer(int status, string body = "")
        : this(status, Encoding.UTF8.GetBytes(body))
    {
    }

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>Close after so many bytes of the body.</summary>
    public int? CutAfter { get; init; }

    /// <summary>Keep silent after so many bytes of the body, until the registry ends.</summary>
    public int? HangAfter { get; init; }

    /// <summary>What Content-Length says; -1: no such header, the end is the connection's.</summary>
    public long? Length { get; init; }

    /// <summary>Close without an answer.</summary>
    public bool Drop { get; init; }

    internal FaultAnswer With(string name, string value) => this with { Headers = [.. Headers, (name, value)] };
}

/// <summary>
/// A registry on loopback that keeps blobs, manifests and uploads in memory, and does what a test wants instead where it wants: the first
/// fault that gives an answer to a request wins. Everything that was asked is kept in <see cref="Requests"/>.
/// </summary>
internal sealed class FaultRegistry : IDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _end = new();
    private readonly X509Certificate2? _certificate;
    private readonly ConcurrentDictionary<TcpClient, bool> _clients = new();
    private int _sessions;

    /// <param name="certificate">Speaks TLS with it; null for http.</param>
    internal FaultRegistry(X509Certificate2? certificate = null, IPAddress? address = null, int port = 0)
    {
        _certificate = certificate;
        _listener = new TcpListener(address ?? IPAddress.Loopback, port);
        _listener.Start();
        new Thread(Accept) { IsBackground = true }.Start();
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>"127.0.0.1:40000".</summary>
    internal string Host => _listener.LocalEndpoint.ToString()!;

    internal string Root => (_certificate is null ? "http://" : "https://") + Host;

    internal ConcurrentQueue<FaultRequest> Requests { get; } = new();

    internal ConcurrentDictionary<string, byte[]> Blobs { get; } = new();

    internal ConcurrentDictionary<string, (string Type, byte[] Content)> Manifests { get; } = new();

    internal ConcurrentDictionary<string, MemoryStream> Uploads { get; } = new();

    /// <summary>Whoever has no certificate gets no connection.</summary>
    internal bool WantsClientCertificate { get; init; }

    /// <summary>Thumbprints of those who came with one.</summary>
    internal ConcurrentQueue<string> ClientCertificates { get; } = new();

    /// <summary>Asked in order before the registry itself.</summary>
    internal List<Func<FaultRequest, FaultAnswer?>> Faults { get; } = [];

    internal static string DigestOf(byte[] content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));

    internal string AddBlob(byte[] content)
    {
        Blobs[DigestOf(content)] = content;
        return DigestOf(content);
    }

    /// <param name="repository">"team/app".</param>
    internal string AddManifest(string repository, string tag, byte[] content, string type = "application/vnd.oci.image.manifest.v1+json")
    {
        Manifests[repository + "/" + tag] = Manifests[repository + "/" + DigestOf(content)] = (type, content);
        return DigestOf(content);
    }

    /// <summary>The answers in turn to requests that match; afterwards the registry is itself again.</summary>
    internal void Script(Func<FaultRequest, bool> matches, params FaultAnswer[] answers)
    {
        Queue<FaultAnswer> left = new(answers);
        Faults.Add(r =>
        {
            lock (left)
            {
                return matches(r) && left.TryDequeue(out FaultAnswer? answer) ? answer : null;
            }
        });
    }

    internal int Count(string method, string part) =>
        Requests.Count(r => r.Method == method && r.Target.Contains(part, StringComparison.Ordinal));

    public void Dispose()
    {
        _end.Cancel();
        _listener.Stop();
        foreach (TcpClient client in _clients.Keys)
        {
            client.Dispose();
        }
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                TcpClient client = _listener.AcceptTcpClient();
                _clients[client] = true;
                new Thread(() => Serve(client)) { IsBackground = true }.Start();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The end of the test.
        }
    }

    private void Serve(TcpClient client)
    {
        try
        {
            client.NoDelay = true;
            using Stream stream = Open(client);
            while (Read(stream) is { } request)
            {
                Requests.Enqueue(request);
                FaultAnswer answer = Faults.Select(f => f(request)).FirstOrDefault(a => a is not null) ?? Answer(request);
                if (!Write(stream, request, answer))
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or AuthenticationException)
        {
            // The other side has gone.
        }
        finally
        {
            _clients.TryRemove(client, out _);
            client.Dispose();
        }
    }

    private Stream Open(TcpClient client)
    {
        if (_certificate is null)
        {
            return client.GetStream();
        }

        SslStream tls = new(client.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate is not null || !WantsClientCertificate);
        tls.AuthenticateAsServer(_certificate, WantsClientCertificate, checkCertificateRevocation: false);
        if (tls.RemoteCertificate is { } own)
        {
            ClientCertificates.Enqueue(own.GetCertHashString());
        }

        return tls;
    }

    private static FaultRequest? Read(Stream stream)
    {
        List<string> lines = [];
        while (ReadLine(stream) is { } line)
        {
            if (line.Length > 0)
            {
                lines.Add(line);
                continue;
            }

            string[] first = lines[0].Split(' ');
            Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
            foreach (string[] header in lines.Skip(1).Select(l => l.Split(':', 2)))
            {
                headers[header[0]] = header[1].Trim();
            }

            byte[] body = new byte[headers.TryGetValue("Content-Length", out string? length)
                ? int.Parse(length, CultureInfo.InvariantCulture) : 0];
            stream.ReadExactly(body);
            return new FaultRequest(first[0], first[1], headers, body);
        }

        return null;
    }

    /// <summary>A TLS handshake at an http server is no line: the connection ends, as with other servers.</summary>
    private static string? ReadLine(Stream stream)
    {
        StringBuilder line = new();
        for (int c = stream.ReadByte(); c >= 0; c = stream.ReadByte())
        {
            if (c == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            if (c == 0x16 && line.Length == 0)
            {
                stream.Write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"u8);
                return null;
            }

            line.Append((char)c);
        }

        return null;
    }

    private bool Write(Stream stream, FaultRequest request, FaultAnswer answer)
    {
        if (answer.Drop)
        {
            return false;
        }

        long length = answer.Length ?? answer.Body.Length;
        StringBuilder head = new();
        head.Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {answer.Status} Status\r\n");
        head.Append(length < 0 ? "Connection: close\r\n" : string.Create(CultureInfo.InvariantCulture, $"Content-Length: {length}\r\n"));
        foreach ((string name, string value) in answer.Headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        stream.Write(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()));
        byte[] body = request.Method == "HEAD" ? [] : answer.Body;
        int? end = answer.CutAfter ?? answer.HangAfter;
        stream.Write(body, 0, Math.Min(body.Length, end ?? body.Length));
        stream.Flush();
        if (answer.HangAfter is not null)
        {
            _end.Token.WaitHandle.WaitOne();
        }

        return end is null && length >= 0;
    }

    private FaultAnswer Answer(FaultRequest request)
    {
        string path = request.Path;
        if (path == "/v2/")
        {
            return new FaultAnswer(200, "{}");
        }

        if (path.Contains("/blobs/uploads/", StringComparison.Ordinal))
        {
            return Upload(request);
        }

        int blob = path.IndexOf("/blobs/", StringComparison.Ordinal);
        int manifest = path.IndexOf("/manifests/", StringComparison.Ordinal);
        return blob > 0 ? Blob(request, path[(blob + 7)..])
            : manifest > 0 ? Manifest(request, path[4..manifest] + "/" + path[(manifest + 11)..])
            : new FaultAnswer(404);
    }

    private FaultAnswer Blob(FaultRequest request, string digest)
    {
        if (!Blobs.TryGetValue(digest, out byte[]? content))
        {
            return new FaultAnswer(404, """{"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown to registry"}]}""");
        }

        if (request["Range"] is not { } range)
        {
            return new FaultAnswer(200, content);
        }

        int from = int.Parse(range["bytes=".Length..].Split('-')[0], CultureInfo.InvariantCulture);
        return new FaultAnswer(206, content[from..]).With("Content-Range", $"bytes {from}-{content.Length - 1}/{content.Length}");
    }

    private FaultAnswer Manifest(FaultRequest request, string key)
    {
        if (request.Method == "PUT")
        {
            Manifests[key] = (request["Content-Type"] ?? "", request.Body);
            return new FaultAnswer(201).With("Docker-Content-Digest", DigestOf(request.Body));
        }

        return Manifests.TryGetValue(key, out (string Type, byte[] Content) found)
            ? new FaultAnswer(200, found.Content).With("Content-Type", found.Type).With("Docker-Content-Digest", DigestOf(found.Content))
            : new FaultAnswer(404, """{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}""");
    }

    private FaultAnswer Upload(FaultRequest request)
    {
        string session = request.Path.Split('/')[^1];
        if (request.Method == "POST")
        {
            session = Interlocked.Increment(ref _sessions).ToString(CultureInfo.InvariantCulture);
            Uploads[session] = new MemoryStream();
            return new FaultAnswer(202).With("Location", request.Path + session + "?state=a%2Bb").With("Range", "0-0");
        }

        if (!Uploads.TryGetValue(session, out MemoryStream? content))
        {
            return new FaultAnswer(404, """{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN","message":"gone"}]}""");
        }

        string range = $"0-{Math.Max(content.Length - 1, 0)}";
        switch (request.Method)
        {
            case "GET":
                return new FaultAnswer(204).With("Range", range).With("Location", request.Target);
            case "PATCH" when request["Content-Range"]!.Split('-')[0] != content.Length.ToString(CultureInfo.InvariantCulture):
                return new FaultAnswer(416).With("Range", range);
            case "PATCH":
                content.Write(request.Body);
                return new FaultAnswer(202).With("Location", request.Target).With("Range", $"0-{content.Length - 1}");
            default:
                content.Write(request.Body);
                string digest = Uri.UnescapeDataString(request.Target[(request.Target.IndexOf("digest=", StringComparison.Ordinal) + 7)..]);
                if (DigestOf(content.ToArray()) != digest)
                {
                    return new FaultAnswer(400, """{"errors":[{"code":"DIGEST_INVALID","message":"no match"}]}""");
                }

                Blobs[digest] = content.ToArray();
                Uploads.TryRemove(session, out _);
                return new FaultAnswer(201);
        }
    }
}
