using System.Net;

namespace Containers.Engine.Registry.Http;

/// <summary>
/// HTTPS_PROXY, HTTP_PROXY and NO_PROXY (lower case first), read at each use. The runtime's own reader reads them once for a process and
/// knows neither networks nor ports in NO_PROXY, which docker's and podman's users have there (golang.org/x/net/http/httpproxy).
/// </summary>
internal sealed class EnvironmentProxy(Func<string, string?> environment) : IWebProxy
{
    public ICredentials? Credentials
    {
        get => new ProxyCredentials(this);
        set => throw new NotSupportedException();
    }

    public Uri? GetProxy(Uri destination)
    {
        if (IsBypassed(destination) || Read(destination) is not { } uri)
        {
            return null;
        }

        return new UriBuilder(uri) { UserName = "", Password = "" }.Uri;
    }

    public bool IsBypassed(Uri host)
    {
        if (RegistryName.IsLoopback(host.Host))
        {
            return true;
        }

        string name = host.IdnHost.TrimEnd('.');
        _ = IPAddress.TryParse(name, out IPAddress? address);
        foreach (string entry in Variable("NO_PROXY")?.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            if (Matches(entry, name, host.Port, address))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Matches(string entry, string name, int port, IPAddress? address)
    {
        if (entry == "*" || (address is not null && IPNetwork.TryParse(entry, out IPNetwork network) && network.Contains(address)))
        {
            return true;
        }

        int colon = entry.LastIndexOf(':');
        if (colon > 0 && entry.IndexOf(':', StringComparison.Ordinal) == colon && int.TryParse(entry.AsSpan(colon + 1), out int only))
        {
            if (only != port)
            {
                return false;
            }

            entry = entry[..colon];
        }

        string suffix = entry.StartsWith("*.", StringComparison.Ordinal) ? entry[1..] : entry;
        return suffix.StartsWith('.')
            ? name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)
            : name.Equals(suffix, StringComparison.OrdinalIgnoreCase) || name.EndsWith("." + suffix, StringComparison.OrdinalIgnoreCase);
    }

    private Uri? Read(Uri destination)
    {
        string? text = Variable(destination.Scheme == Uri.UriSchemeHttps ? "HTTPS_PROXY" : "HTTP_PROXY") ?? Variable("ALL_PROXY");
        if (text is null)
        {
            return null;
        }

        return Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text, UriKind.Absolute, out Uri? uri)
            && uri.Scheme is "http" or "https" or "socks5" or "socks4" or "socks4a"
                ? uri
                : throw new EngineException(
                    EngineErrorKind.InvalidArgument, "InvalidProxy", "The environment names a proxy that is no address.", null,
                    "Write HTTPS_PROXY as http://host:port.");
    }

    private string? Variable(string name) =>
        environment(name.ToLowerInvariant()) is { Length: > 0 } lower ? lower : environment(name) is { Length: > 0 } upper ? upper : null;

    private sealed class ProxyCredentials(EnvironmentProxy proxy) : ICredentials
    {
        public NetworkCredential? GetCredential(Uri uri, string authType)
        {
            foreach (string scheme in (string[])["https", "http"])
            {
                if (proxy.Read(new Uri(scheme + "://proxied.invalid")) is { UserInfo.Length: > 0 } known && known.Host == uri.Host
                    && known.Port == uri.Port)
                {
                    string[] parts = known.UserInfo.Split(':', 2);
                    return new NetworkCredential(Uri.UnescapeDataString(parts[0]),
                        Uri.UnescapeDataString(parts.Length > 1 ? parts[1] : ""));
                }
            }

            return null;
        }
    }
}
