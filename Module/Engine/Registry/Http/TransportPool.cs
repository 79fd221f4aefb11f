using System.Collections.Concurrent;
using System.Net.Security;

namespace Containers.Engine.Registry.Http;

/// <summary>One handler with its connections for each host and TLS setting; they last as long as the session.</summary>
internal sealed class TransportPool(RegistryOptions options) : IDisposable
{
    private readonly ConcurrentDictionary<(string Authority, bool Insecure, bool Guarded), Lazy<Transport>> _transports = new();
    private readonly EnvironmentProxy _proxy = new(options.Environment);

    internal RegistryOptions Options => options;

    /// <param name="authority">Host, with the port where it is not the scheme's own.</param>
    /// <param name="insecure">Any certificate does.</param>
    /// <param name="guarded">The host was named by a redirect: addresses that only this host's own services use are refused.</param>
    internal Transport Get(string authority, bool insecure, bool guarded) => _transports.GetOrAdd(
        (authority, insecure, guarded), key => new Lazy<Transport>(() => Create(key.Authority, key.Insecure, key.Guarded))).Value;

    public void Dispose()
    {
        foreach (Lazy<Transport> transport in _transports.Values.Where(t => t.IsValueCreated))
        {
            transport.Value.Invoker.Dispose();
        }

        _transports.Clear();
    }

    private Transport Create(string authority, bool insecure, bool guarded)
    {
        CertificateCheck check = new(new CertificateFolders(options, authority), insecure);
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = System.Net.DecompressionMethods.None,
            UseCookies = false,
            UseProxy = true,
            Proxy = _proxy,
            ConnectTimeout = options.Connect,
            ConnectCallback = new Connector(options, guarded).Connect,
            MaxResponseHeadersLength = 64,
            // What is left of an answer that nobody wants is not read: its connection is closed.
            MaxResponseDrainSize = 0,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = check.Validate,
                LocalCertificateSelectionCallback = check.Select!,
            },
        };
        return new Transport(new HttpMessageInvoker(handler), check);
    }
}

/// <summary>A handler, and what its certificates came to.</summary>
internal sealed record Transport(HttpMessageInvoker Invoker, CertificateCheck Check);
