namespace Containers.Engine.Registry.Http;

/// <summary>
/// One request, as often as it must be sent: redirects, new tokens and further attempts build a new message from it each time.
/// </summary>
internal sealed record RegistryRequest
{
    public HttpMethod Method { get; init; } = HttpMethod.Get;

    /// <summary>Below the registry's root ("v2/..."), where there is no Address.</summary>
    public string Path { get; init; } = "";

    /// <summary>Absolute, where the registry has named it.</summary>
    public Uri? Address { get; init; }

    /// <summary>What a token must allow: "repository:library/alpine:pull".</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>Makes the body, again for each attempt.</summary>
    public Func<RequestWatch, HttpContent>? Content { get; init; }

    /// <summary>How long the registry may be silent; null for the usual.</summary>
    public TimeSpan? Silence { get; init; }

    /// <summary>GET and HEAD only: others are redirected by 307 and 308.</summary>
    public bool FollowsRedirects { get; init; } = true;
}
