using System.Net;
using Containers.Engine.Registry.Auth;

namespace Containers.Engine.Registry.Http;

/// <summary>
/// One registry as one user: sends requests with what they need to get through. Redirects are followed here, as the runtime would carry the
/// credential along (CVE-2020-15157's family): at most five, never from https to http, and only the registry itself sees the header.
/// </summary>
internal sealed class RegistryClient
{
    private const int MaximumRedirects = 5;

    private readonly HttpSender _sender;
    private readonly Authorizer _authorizer;

    internal RegistryClient(TransportPool transports, RegistryEndpoint endpoint, RegistryCredential? credential)
    {
        Options = transports.Options;
        Endpoint = endpoint;
        _sender = new HttpSender(transports);
        _authorizer = new Authorizer(this, credential);
    }

    internal RegistryOptions Options { get; }

    internal RegistryEndpoint Endpoint { get; }

    internal bool IsSignedIn => _authorizer.IsSignedIn;

    /// <summary>What the registry answered at last. A status that is no success is the caller's to judge.</summary>
    /// <param name="retry">Null: a transient failure throws as such.</param>
    /// <exception cref="EngineException">RegistryUnreachable, RegistryTlsFailed, RegistryProtocol, and what tokens cost.</exception>
    internal RegistryAnswer Send(RegistryRequest request, RetryBudget? retry, CancellationToken cancel) =>
        Retrying(() => SendAuthorized(request, cancel), retry, cancel);

    /// <summary>To a token server: without the registry's header.</summary>
    internal RegistryAnswer SendToRealm(RegistryRequest request, CancellationToken cancel) =>
        Retrying(() => Follow(request, request.Address!, null, cancel), new RetryBudget(Options, null), cancel);

    private RegistryAnswer Retrying(Func<RegistryAnswer> send, RetryBudget? retry, CancellationToken cancel)
    {
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            TimeSpan? after = null;
            try
            {
                RegistryAnswer answer = send();
                after = answer.RetryAfter;
                if (retry is null || !IsTransient(answer.Status) || !retry.Wait(after, cancel))
                {
                    return answer;
                }

                answer.Dispose();
            }
            catch (TransientFailureException e) when (retry is not null)
            {
                if (!retry.Wait(null, cancel, e.NeverConnected))
                {
                    throw RegistryErrors.Unreachable(Endpoint.Domain, e.Message, e);
                }
            }
        }
    }

    internal static bool IsTransient(HttpStatusCode status) =>
        status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
        || ((int)status >= 500 && status is not (HttpStatusCode.NotImplemented or HttpStatusCode.HttpVersionNotSupported));

    private RegistryAnswer SendAuthorized(RegistryRequest request, CancellationToken cancel)
    {
        bool again = false;
        while (true)
        {
            string? authorization = _authorizer.Current(request.Scopes);
            RegistryAnswer answer;
            Uri uri = request.Address ?? new Uri(Endpoint.Root, request.Path);
            try
            {
                answer = Follow(request, uri, authorization, cancel);
            }
            catch (Exception e) when (e is NoTlsException or TransientFailureException && MayBeHttp(e, uri))
            {
                continue;
            }
            catch (NoTlsException e)
            {
                throw RegistryErrors.NoTls(Endpoint.Domain, e);
            }

            // A second refusal, with a credential just made, is final: no loop.
            if (answer.Status != HttpStatusCode.Unauthorized || again || !Endpoint.IsOwn(answer.Uri))
            {
                return answer;
            }

            try
            {
                if (!_authorizer.Renew(answer.Headers("WWW-Authenticate"), request.Scopes, authorization, cancel))
                {
                    return answer;
                }
            }
            catch
            {
                answer.Dispose();
                throw;
            }

            answer.Dispose();
            again = true;
        }
    }

    /// <summary>No TLS there, or nobody at all where no port was named: http has another.</summary>
    private bool MayBeHttp(Exception e, Uri uri) =>
        (e is NoTlsException || uri.IsDefaultPort) && uri.Authority == Endpoint.Root.Authority && Endpoint.TryHttp(uri);

    private RegistryAnswer Follow(RegistryRequest request, Uri uri, string? authorization, CancellationToken cancel)
    {
        Uri origin = uri;
        for (int hop = 0; ; hop++)
        {
            string? header = Endpoint.IsOwn(uri) && uri.Scheme == origin.Scheme ? authorization : null;
            RegistryAnswer answer = _sender.Send(Endpoint, request, uri, header, hop > 0, cancel);
            if (!IsRedirect(answer.Status, request))
            {
                return answer;
            }

            using (answer)
            {
                if (hop == MaximumRedirects)
                {
                    throw RegistryErrors.Protocol(Endpoint.Domain, $"more than {MaximumRedirects} redirects");
                }

                uri = Target(answer, Endpoint.Domain);
            }
        }
    }

    private static bool IsRedirect(HttpStatusCode status, RegistryRequest request) =>
        request.FollowsRedirects && (int)status switch
        {
            307 or 308 => true,
            301 or 302 or 303 => request.Method == HttpMethod.Get || request.Method == HttpMethod.Head,
            _ => false,
        };

    /// <summary>Where an answer's Location points to.</summary>
    /// <exception cref="EngineException">RegistryProtocol: nowhere, or to where nobody may be sent.</exception>
    internal static Uri Target(RegistryAnswer answer, string registry)
    {
        string? location = answer.Header("Location");
        if (location is null || !Uri.TryCreate(answer.Uri, location, out Uri? target))
        {
            throw RegistryErrors.Protocol(registry, $"status {(int)answer.Status} without a Location");
        }

        if (target.Scheme is not ("http" or "https") || target.UserInfo.Length > 0)
        {
            throw RegistryErrors.Protocol(registry, $"a Location that is no address of the web ({ErrorBody.Clean(target.Scheme)}:)");
        }

        return answer.Uri.Scheme == Uri.UriSchemeHttps && target.Scheme != Uri.UriSchemeHttps
            ? throw RegistryErrors.Protocol(registry, $"a Location that leads from https to http at \"{target.Authority}\"")
            : target;
    }
}
