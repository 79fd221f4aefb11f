using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Security.Authentication;

namespace Containers.Engine.Registry.Http;

/// <summary>
/// Sends one message to one address, and gives failures their meaning. Knows neither redirects, nor credentials, nor further attempts.
/// </summary>
internal sealed class HttpSender(TransportPool transports)
{
    private static readonly string s_agent = "containers-powershell/" + Version;

    private static string Version =>
        typeof(HttpSender).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <param name="authorization">The header's value, or null.</param>
    /// <param name="redirected">The address was named by an answer, not by the user.</param>
    /// <exception cref="TransientFailureException">Worth another attempt.</exception>
    /// <exception cref="NoTlsException">The registry does not speak TLS at all, and may speak http.</exception>
    /// <exception cref="EngineException">RegistryTlsFailed, RegistryUnreachable, RegistryProtocol.</exception>
    internal RegistryAnswer Send(
        RegistryEndpoint endpoint, RegistryRequest request, Uri uri, string? authorization, bool redirected, CancellationToken cancel)
    {
        bool own = endpoint.IsOwn(uri);
        Transport transport = transports.Get(uri.Authority, own && endpoint.Insecure, redirected && !own);
        RequestWatch watch = new(request.Silence ?? transports.Options.Stall, cancel);
        HttpRequestMessage message = new(request.Method, uri)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        try
        {
            message.Headers.TryAddWithoutValidation("User-Agent", s_agent);
            message.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
            foreach ((string name, string value) in request.Headers)
            {
                message.Headers.TryAddWithoutValidation(name, value);
            }

            if (authorization is not null)
            {
                message.Headers.TryAddWithoutValidation("Authorization", authorization);
            }

            message.Content = request.Content?.Invoke(watch);
            AddContentHeaders(message, request);
            watch.Arm();
            HttpResponseMessage response = transport.Invoker.Send(message, watch.Token);
            watch.Disarm();
            if (own && uri.Scheme == Uri.UriSchemeHttps)
            {
                endpoint.Settle();
            }

            RegistryAnswer answer = new(response, watch, uri, endpoint.Domain, transports.Options.SmallAnswer);
            watch = null!;
            return answer;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or SocketException)
        {
            throw Explain(e, watch, transport.Check, endpoint, own, own ? endpoint.Domain : uri.Authority);
        }
        finally
        {
            message.Dispose();
            watch?.Dispose();
        }
    }

    private static void AddContentHeaders(HttpRequestMessage message, RegistryRequest request)
    {
        if (message.Content is null)
        {
            return;
        }

        foreach ((string name, string value) in request.Headers.Where(h => h.Name.StartsWith("Content-", StringComparison.Ordinal)))
        {
            message.Content.Headers.TryAddWithoutValidation(name, value);
        }
    }

    private static Exception Explain(
        Exception e, RequestWatch watch, CertificateCheck check, RegistryEndpoint endpoint, bool own, string registry)
    {
        if (Inner<SourceFailedException>(e) is { } failed)
        {
            return new EngineException(
                EngineErrorKind.ReadError, "UploadSourceFailed",
                    $"What was to be sent to registry \"{registry}\" cannot be read: {failed.Message}.", registry,
                "Try again.", e);
        }

        if (check.Fault is { } fault)
        {
            return fault;
        }

        if (e is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError })
        {
            if (check.Refusal is { } reason)
            {
                return RegistryErrors.Tls(
                    registry, reason, $"Put the authority's certificate into /etc/containers/certs.d/{registry}/ca.crt, if you trust it.",
                        e);
            }

            if (Inner<AuthenticationException>(e) is not null)
            {
                return own && endpoint.AllowsHttp ? new NoTlsException(e) : RegistryErrors.NoTls(registry, e);
            }
        }

        if (Inner<SocketException>(e) is { } socket)
        {
            switch (socket.SocketErrorCode)
            {
                case SocketError.HostNotFound or SocketError.NoData:
                    return RegistryErrors.Unreachable(registry, "no name server knows it", e);
                case SocketError.AccessDenied:
                    return RegistryErrors.Protocol(registry, socket.Message.TrimEnd('.'));
                case SocketError.TryAgain:
                    return new TransientFailureException("no name server answers", e, neverConnected: true);
                case SocketError.ConnectionRefused or SocketError.HostUnreachable or SocketError.NetworkUnreachable:
                    return new TransientFailureException(socket.Message.TrimEnd('.'), e, neverConnected: true);
            }
        }

        return e switch
        {
            HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded } =>
                RegistryErrors.Protocol(registry, ErrorBody.Clean(e.Message)),
            HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError } =>
                RegistryErrors.Unreachable(registry, "the proxy does not let it through (" + ErrorBody.Clean(e.Message) + ")", e),
            HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } =>
                new TransientFailureException(Inner<SocketException>(e)?.Message.TrimEnd('.') ?? ErrorBody.Clean(e.Message), e),
            _ => watch.Explain(e),
        };
    }

    private static T? Inner<T>(Exception? e)
        where T : Exception
    {
        for (; e is not null; e = e.InnerException)
        {
            if (e is T found)
            {
                return found;
            }
        }

        return null;
    }
}

/// <summary>A TLS handshake got no TLS back.</summary>
internal sealed class NoTlsException(Exception inner) : Exception("The server does not speak TLS.", inner);
