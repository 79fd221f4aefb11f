using System.Text;
using System.Text.Json;
using Containers.Engine.Registry.Http;

namespace Containers.Engine.Registry.Auth;

/// <summary>
/// Asks the server that a Bearer challenge names (distribution, "Token Authentication Specification"): GET with Basic, or nobody's name;
/// POST (OAuth2) where there is an identity token. The realm was written by the registry: it gets the credential over TLS or loopback
/// only (S30).
/// </summary>
internal static class TokenServer
{
    private const int MaximumSize = 1 << 20;
    private const int DefaultLifetime = 60;
    private const int LongestLifetime = 24 * 3600;

    internal static Token Ask(
        RegistryClient client, Challenge challenge, IReadOnlyList<string> scopes, RegistryCredential? credential, CancellationToken cancel)
    {
        string registry = client.Endpoint.Domain;
        Uri realm = Realm(client.Endpoint, challenge["realm"]);
        List<KeyValuePair<string, string>> query = [];
        if (challenge["service"] is { Length: > 0 } service)
        {
            query.Add(new("service", service));
        }

        string[] asked = challenge["scope"]?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        List<string> all = [.. scopes.Union(asked, StringComparer.Ordinal).Take(8)];
        RegistryRequest request = credential?.IdentityToken is { } identity
            ? Post(realm, query, all, identity)
            : Get(realm, query, all, credential);
        long now = Environment.TickCount64;
        RegistryAnswer answer = client.SendToRealm(request, cancel);
        if (!answer.IsSuccess)
        {
            throw (int)answer.Status is 400 or 401 or 403 && credential is not null
                ? Refused(answer, registry)
                : RegistryErrors.From(answer, registry, RegistrySubject.Service, realm.Authority, credential is not null);
        }

        using (answer)
        {
            return Read(answer, registry, now);
        }
    }

    private static EngineException Refused(RegistryAnswer answer, string registry)
    {
        using (answer)
        {
            return RegistryErrors.Unauthorized(registry, ErrorBody.Read(answer).Words, signedIn: true);
        }
    }

    private static Uri Realm(RegistryEndpoint endpoint, string? text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? realm) || realm.Scheme is not ("http" or "https") || realm.UserInfo.Length > 0)
        {
            throw RegistryErrors.Protocol(endpoint.Domain, "it asks for a token and names no server that gives one");
        }

        // An http realm: only from a registry that may speak http itself, and only on this machine or on the registry's own host.
        bool plainAllowed = endpoint.AllowsHttp && (RegistryName.IsLoopback(realm.Host)
            || (endpoint.Insecure && realm.Host == endpoint.Root.Host));
        return realm.Scheme == Uri.UriSchemeHttps || plainAllowed
            ? realm
            : throw RegistryErrors.Protocol(endpoint.Domain, $"it sends the credential over http, to \"{realm.Authority}\"");
    }

    private static RegistryRequest Get(
        Uri realm, List<KeyValuePair<string, string>> query, List<string> scopes, RegistryCredential? credential)
    {
        if (credential is not null)
        {
            query.Add(new("account", credential.UserName));
        }

        query.AddRange(scopes.Select(s => new KeyValuePair<string, string>("scope", s)));
        string joined = string.Join('&', query.Select(p => p.Key + "=" + Uri.EscapeDataString(p.Value)));
        string address = realm.GetLeftPart(UriPartial.Query);
        return new RegistryRequest
        {
            Address = joined.Length == 0 ? realm : new Uri(address + (realm.Query.Length > 0 ? "&" : "?") + joined),
            Headers = credential is null ? [] : [("Authorization", Authorizer.Basic(credential))],
            // A redirect would carry the header along.
            FollowsRedirects = credential is null,
        };
    }

    private static RegistryRequest Post(Uri realm, List<KeyValuePair<string, string>> query, List<string> scopes, string identity)
    {
        query.Add(new("grant_type", "refresh_token"));
        query.Add(new("client_id", "containers-powershell"));
        query.Add(new("refresh_token", identity));
        if (scopes.Count > 0)
        {
            query.Add(new("scope", string.Join(' ', scopes)));
        }

        byte[] body = Encoding.UTF8.GetBytes(string.Join('&', query.Select(p => p.Key + "=" + Uri.EscapeDataString(p.Value))));
        return new RegistryRequest
        {
            Method = HttpMethod.Post,
            Address = realm,
            FollowsRedirects = false,
            Content = watch => new SliceContent(new MemoryStream(body), body.Length, "application/x-www-form-urlencoded", watch, null),
        };
    }

    private static Token Read(RegistryAnswer answer, string registry, long now)
    {
        try
        {
            TokenAnswer? token = JsonSerializer.Deserialize(answer.ReadAtMost(MaximumSize), RegistryJson.Default.TokenAnswer);
            string? text = token?.Token is { Length: > 0 } own ? own : token?.AccessToken;
            if (string.IsNullOrEmpty(text) || text.Any(c => c is <= ' ' or > '~'))
            {
                throw RegistryErrors.Protocol(registry, "its token server gives no token");
            }

            // A token without a lifetime is one of 60 seconds. A little earlier than it says: the way takes time, too.
            double lifetime = token!.ExpiresIn is { } seconds and > 0 ? Math.Min(seconds, LongestLifetime) : DefaultLifetime;
            return new Token("Bearer " + text, now + (long)(lifetime * 900));
        }
        catch (JsonException)
        {
            throw RegistryErrors.Protocol(registry, "its token server gives something else than a token");
        }
        catch (TransientFailureException e)
        {
            throw RegistryErrors.Unreachable(registry, "its token server was cut off (" + e.Message + ")", e);
        }
    }
}
