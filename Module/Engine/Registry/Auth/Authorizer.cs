using System.Collections.Concurrent;
using System.Text;
using Containers.Engine.Registry.Http;

namespace Containers.Engine.Registry.Auth;

/// <summary>
/// The Authorization header for one registry as one user: Basic, or a token for each set of scopes, kept until it expires or is refused.
/// Thread-safe; threads that need the same token wait for one request.
/// </summary>
internal sealed class Authorizer(RegistryClient client, RegistryCredential? credential)
{
    private readonly ConcurrentDictionary<string, Token> _tokens = new(StringComparer.Ordinal);
    private readonly Lock _renewing = new();
    private volatile string? _basic;

    internal bool IsSignedIn => credential is not null;

    /// <summary>What is known to work for these scopes; null before the first challenge.</summary>
    internal string? Current(IReadOnlyList<string> scopes) =>
        _tokens.TryGetValue(Key(scopes), out Token? token) && !token.IsExpired ? token.Header : _basic;

    /// <summary>After a refusal: makes what the registry asks for.</summary>
    /// <param name="challenges">Values of WWW-Authenticate.</param>
    /// <param name="used">The header that was refused.</param>
    /// <returns>False where there is nothing better to try.</returns>
    /// <exception cref="EngineException">
    /// RegistryUnauthorized: by the token server. RegistryProtocol: no realm, or one that must not be asked.
    /// </exception>
    internal bool Renew(IReadOnlyList<string> challenges, IReadOnlyList<string> scopes, string? used, CancellationToken cancel)
    {
        List<Challenge> all = [.. challenges.Take(8).SelectMany(Challenge.Parse)];
        if (all.FirstOrDefault(c => c.Is("Bearer")) is { } bearer)
        {
            return RenewToken(bearer, scopes, used, cancel);
        }

        if (credential is { IdentityToken: null } && all.Any(c => c.Is("Basic")) && _basic is null)
        {
            _basic = Basic(credential);
            return true;
        }

        return false;
    }

    internal static string Basic(RegistryCredential credential) =>
        "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(credential.UserName + ":" + credential.Password));

    private bool RenewToken(Challenge bearer, IReadOnlyList<string> scopes, string? used, CancellationToken cancel)
    {
        string key = Key(scopes);
        while (!_renewing.TryEnter(TimeSpan.FromMilliseconds(100)))
        {
            cancel.ThrowIfCancellationRequested();
        }

        try
        {
            // Another thread may have made one meanwhile.
            if (_tokens.TryGetValue(key, out Token? known) && !known.IsExpired && known.Header != used)
            {
                return true;
            }

            _tokens[key] = TokenServer.Ask(client, bearer, scopes, credential, cancel);
            return true;
        }
        finally
        {
            _renewing.Exit();
        }
    }

    private static string Key(IReadOnlyList<string> scopes) => string.Join(' ', scopes);
}

/// <summary>A bearer token and until when it holds, by the clock that nobody sets.</summary>
internal sealed record Token(string Header, long ExpiresAt)
{
    internal bool IsExpired => Environment.TickCount64 >= ExpiresAt;

    public override string ToString() => "token";
}
