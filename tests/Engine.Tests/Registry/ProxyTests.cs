using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Containers.Engine.Images;
using Containers.Engine.Registry;
using Xunit;

namespace Containers.Engine.Tests.Registry;

/// <summary>Registries behind a proxy that the environment names, and clients with a certificate of their own.</summary>
[Collection("alone")] // One of them measures the memory of the process.
public sealed class ProxyTests : IDisposable
{
    private readonly RegistryHome _home = new();
    private readonly Proxy _proxy = new();

    public void Dispose()
    {
        _proxy.Dispose();
        _home.Dispose();
    }

    [Fact]
    public void Http_and_https_go_through_the_proxy_and_no_proxy_does_not()
    {
        using X509Certificate2 authority = TlsTests.Authority();
        using FaultRegistry plain = new();
        using FaultRegistry tls = new(TlsTests.Server(authority, "secure.test"));
        _home.Write("etc/registries.conf", $"[[registry]]\nlocation = \"plain.test:{plain.Port}\"\ninsecure = true\n");
        _home.Write($"etc/certs.d/secure.test:{tls.Port}/ca.crt", authority.ExportCertificatePem());
        _home.Environment["HTTP_PROXY"] = _proxy.Address;
        _home.Environment["HTTPS_PROXY"] = _proxy.Address;

        Assert.Null(Pull(tls, "secure.test"));
        Assert.Equal($"CONNECT secure.test:{tls.Port}", Assert.Single(_proxy.Asked));
        _proxy.Asked.Clear();
        Assert.Null(Pull(plain, "plain.test"));
        Assert.Contains($"GET http://plain.test:{plain.Port}/v2/", _proxy.Asked.Last(), StringComparison.Ordinal);

        _proxy.Asked.Clear();
        _home.Environment["NO_PROXY"] = "secure.test,.plain.test,plain.test";
        Assert.Null(Pull(tls, "secure.test"));
        Assert.Null(Pull(plain, "plain.test"));
        Assert.Null(Pull(plain, "127.0.0.1"));
        Assert.Empty(_proxy.Asked);
    }

    [Fact]
    public void The_proxys_password_goes_to_the_proxy_only()
    {
        using X509Certificate2 authority = TlsTests.Authority();
        using FaultRegistry tls = new(TlsTests.Server(authority, "secure.test"));
        _home.Write($"etc/certs.d/secure.test:{tls.Port}/ca.crt", authority.ExportCertificatePem());
        _home.Environment["https_proxy"] = _proxy.Address.Replace("http://", "http://user:p%40ss@", StringComparison.Ordinal);
        _proxy.Password = "user:p@ss";
        Assert.Null(Pull(tls, "secure.test"));
        Assert.All(tls.Requests, request => Assert.Null(request["Proxy-Authorization"]));

        _proxy.Password = "user:other";
        EngineException refused = Pull(tls, "secure.test")!;
        Assert.DoesNotContain("p@ss", refused.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("p%40ss", refused.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("Registry", refused.ErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void A_proxy_that_is_not_there_is_an_error_and_no_way_around_it_is_taken()
    {
        using X509Certificate2 authority = TlsTests.Authority();
        using FaultRegistry tls = new(TlsTests.Server(authority, "secure.test"));
        _home.Write($"etc/certs.d/secure.test:{tls.Port}/ca.crt", authority.ExportCertificatePem());
        _home.Environment["HTTPS_PROXY"] = _proxy.Address;
        _proxy.Dispose();
        Assert.NotNull(Pull(tls, "secure.test"));
        Assert.Empty(tls.Requests);
    }

    [Fact]
    public void A_registry_that_asks_for_a_certificate_gets_the_one_of_its_folder()
    {
        using X509Certificate2 authority = TlsTests.Authority();
        using X509Certificate2 own = TlsTests.Server(authority, "me.test");
        using FaultRegistry registry = new(TlsTests.Server(authority, "127.0.0.1")) { WantsClientCertificate = true };
        string folder = $"etc/certs.d/127.0.0.1:{registry.Port}";
        _home.Write(folder + "/ca.crt", authority.ExportCertificatePem());
        EngineException refused = Pull(registry, "127.0.0.1")!;
        Assert.Empty(registry.Requests);
        Assert.StartsWith("Registry", refused.ErrorId, StringComparison.Ordinal);

        _home.Write(folder + "/client.cert", own.ExportCertificatePem());
        EngineException half = Pull(registry, "127.0.0.1")!;
        Assert.Equal("RegistryTlsFailed", half.ErrorId);
        Assert.Contains("client.cert", half.Message, StringComparison.Ordinal);

        using (System.Security.Cryptography.RSA key = own.GetRSAPrivateKey()!)
        {
            _home.Write(folder + "/client.key", key.ExportPkcs8PrivateKeyPem());
        }

        Assert.Null(Pull(registry, "127.0.0.1"));
        Assert.Equal(own.Thumbprint, registry.ClientCertificates.Last());
    }

    [Fact]
    public void A_million_tags_are_read_page_by_page_in_bounded_memory()
    {
        const int Pages = 100;
        const int Size = 10_000;
        using FaultRegistry registry = new();
        registry.Faults.Add(request =>
        {
            if (!request.Path.EndsWith("/tags/list", StringComparison.Ordinal))
            {
                return null;
            }

            int last = request.Target.IndexOf("last=", StringComparison.Ordinal);
            int page = last < 0 ? 0 : int.Parse(request.Target[(last + 5)..].Split('&')[0], System.Globalization.CultureInfo.InvariantCulture);
            StringBuilder tags = new("{\"name\":\"app\",\"tags\":[");
            for (int tag = 0; tag < Size; tag++)
            {
                tags.Append(tag > 0 ? "," : "").Append(System.Globalization.CultureInfo.InvariantCulture, $"\"v{page}.{tag}\"");
            }

            FaultAnswer answer = new(200, tags.Append("]}").ToString());
            return page < Pages - 1 ? answer.With("Link", $"</v2/app/tags/list?last={page + 1}&n={Size}>; rel=\"next\"") : answer;
        });
        using RegistryService service = _home.Service();
        RegistryRepository repository = service.OpenForPull(ImageReference.Parse($"{registry.Host}/app"), null)[^1];

        Assert.Equal("v0.0", repository.Tags(default).First());
        Assert.Single(registry.Requests, request => request.Path.EndsWith("/tags/list", StringComparison.Ordinal));
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long most = 0;
        int count = 0;
        foreach (string _ in repository.Tags(default))
        {
            if (++count % (Size * 10) == 0)
            {
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
            }
        }

        Assert.Equal(Pages * Size, count);
        Assert.InRange(most, long.MinValue, 16 << 20);
    }

    private EngineException? Pull(FaultRegistry registry, string host)
    {
        registry.AddManifest("app", "v1", Encoding.UTF8.GetBytes("""{"layers":[],"config":{}}"""));
        using RegistryService service = _home.Service();
        try
        {
            service.OpenForPull(ImageReference.Parse($"{host}:{registry.Port}/app"), null)[0].GetManifest("v1", default);
            return null;
        }
        catch (EngineException e)
        {
            return e;
        }
    }

    /// <summary>A proxy on loopback that knows where names under .test are: here.</summary>
    private sealed class Proxy : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        internal Proxy()
        {
            _listener.Start();
            new Thread(Accept) { IsBackground = true }.Start();
        }

        internal string Address => $"http://{_listener.LocalEndpoint}";

        /// <summary>User and password that are wanted; null for none.</summary>
        internal string? Password { get; set; }

        /// <summary>Method and target of each request.</summary>
        internal ConcurrentQueue<string> Asked { get; } = new();

        public void Dispose() => _listener.Stop();

        private void Accept()
        {
            try
            {
                while (true)
                {
                    TcpClient client = _listener.AcceptTcpClient();
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
                using (client)
                {
                    NetworkStream stream = client.GetStream();
                    List<string> head = [];
                    while (ReadLine(stream) is { Length: > 0 } line)
                    {
                        head.Add(line);
                    }

                    if (head.Count == 0)
                    {
                        return;
                    }

                    string[] first = head[0].Split(' ');
                    if (Password is not null)
                    {
                        string wanted = "Proxy-Authorization: Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(Password));
                        if (!head.Contains(wanted))
                        {
                            stream.Write("HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8);
                            return;
                        }
                    }

                    Asked.Enqueue(first[0] + " " + first[1]);
                    bool connect = first[0] == "CONNECT";
                    int port = connect ? int.Parse(first[1].Split(':')[1], System.Globalization.CultureInfo.InvariantCulture) : new Uri(first[1]).Port;
                    using TcpClient server = new("127.0.0.1", port);
                    if (connect)
                    {
                        stream.Write("HTTP/1.1 200 Connected\r\n\r\n"u8);
                    }
                    else
                    {
                        // One request a connection is enough here.
                        head[0] = $"{first[0]} {new Uri(first[1]).PathAndQuery} HTTP/1.1";
                        server.GetStream().Write(Encoding.ASCII.GetBytes(string.Join("\r\n", head.Where(line => !line.StartsWith("Proxy-", StringComparison.Ordinal))) + "\r\n\r\n"));
                    }

                    Task up = Task.Run(() => Copy(stream, server.GetStream()));
                    Copy(server.GetStream(), stream);
                    client.Close();
                    up.Wait();
                }
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
            {
                // One of the two has gone.
            }
        }

        private static void Copy(NetworkStream from, NetworkStream to)
        {
            try
            {
                from.CopyTo(to);
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
            {
                // One of the two has gone.
            }
        }

        private static string? ReadLine(NetworkStream stream)
        {
            StringBuilder line = new();
            for (int c = stream.ReadByte(); c >= 0; c = stream.ReadByte())
            {
                if (c == '\n')
                {
                    return line.ToString().TrimEnd('\r');
                }

                line.Append((char)c);
            }

            return null;
        }
    }
}
