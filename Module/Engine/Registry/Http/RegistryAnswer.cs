using System.Net;
using System.Net.Http.Headers;

namespace Containers.Engine.Registry.Http;

/// <summary>The cut of a connection, or a silence that was too long: worth another attempt.</summary>
internal sealed class TransientFailureException(string reason, Exception? inner = null, bool neverConnected = false)
    : IOException(reason, inner)
{
    /// <summary>Nobody is there, or nobody knows the name: somebody at a prompt wants to hear that soon.</summary>
    internal bool NeverConnected { get; } = neverConnected;
}

/// <summary>Status and headers of an answer, and its body as a stream that a cancel or a silence ends.</summary>
internal sealed class RegistryAnswer : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly RequestWatch _watch;
    private readonly TimeSpan _small;
    private readonly string _registry;

    internal RegistryAnswer(HttpResponseMessage response, RequestWatch watch, Uri uri, string registry, TimeSpan small)
    {
        (_response, _watch, Uri, _registry, _small) = (response, watch, uri, registry, small);
        Body = new WatchedBody(response, watch);
    }

    /// <summary>What answered, after redirects.</summary>
    internal Uri Uri { get; }

    internal HttpStatusCode Status => _response.StatusCode;

    internal bool IsSuccess => _response.IsSuccessStatusCode;

    internal Stream Body { get; }

    internal long? Length => _response.Content.Headers.ContentLength;

    internal ContentRangeHeaderValue? ContentRange => _response.Content.Headers.ContentRange;

    /// <summary>Without parameters, in lower case; empty where there is none.</summary>
    internal string MediaType => (Header("Content-Type") ?? "").Split(';')[0].Trim().ToLowerInvariant();

    internal TimeSpan? RetryAfter
    {
        get
        {
            if (Header("Retry-After") is not { } text)
            {
                return null;
            }

            if (long.TryParse(text, out long seconds))
            {
                return TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 1_000_000_000));
            }

            if (!DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out DateTimeOffset date))
            {
                return null;
            }

            TimeSpan wait = date - DateTimeOffset.UtcNow;
            return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
        }
    }

    /// <summary>The first value as it was sent, or null.</summary>
    internal string? Header(string name) =>
        _response.Headers.NonValidated.TryGetValues(name, out HeaderStringValues values)
        || _response.Content.Headers.NonValidated.TryGetValues(name, out values)
            ? values.FirstOrDefault()
            : null;

    internal IReadOnlyList<string> Headers(string name) =>
        _response.Headers.NonValidated.TryGetValues(name, out HeaderStringValues values) ? [.. values] : [];

    /// <summary>All of a small body.</summary>
    /// <exception cref="EngineException">RegistryProtocol: it is larger, or encoded in a way nobody asked for.</exception>
    /// <exception cref="IOException">Cut short.</exception>
    internal byte[] ReadAtMost(int maximum)
    {
        if (Header("Content-Encoding") is { Length: > 0 } encoding && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            throw RegistryErrors.Protocol(_registry, $"a content encoding nobody asked for, \"{ErrorBody.Clean(encoding)}\"");
        }

        if (Length > maximum)
        {
            throw RegistryErrors.Protocol(_registry, $"{Length} bytes where at most {maximum} make sense");
        }

        long end = Environment.TickCount64 + (long)_small.TotalMilliseconds;
        using MemoryStream content = new();
        byte[] buffer = new byte[16 << 10];
        int got;
        while ((got = Body.Read(buffer)) > 0)
        {
            content.Write(buffer, 0, got);
            if (content.Length > maximum)
            {
                throw RegistryErrors.Protocol(_registry, $"more than {maximum} bytes, which is more than makes sense");
            }

            if (Environment.TickCount64 > end)
            {
                throw new TransientFailureException($"an answer took longer than {_small.TotalSeconds:0} seconds");
            }
        }

        return content.ToArray();
    }

    public void Dispose()
    {
        Body.Dispose();
        _response.Dispose();
        _watch.Dispose();
    }
}
