using Containers.Engine.Registry.Configuration;
using Containers.Engine.Registry.Http;

namespace Containers.Engine.Registry;

/// <summary>Who is signed in where.</summary>
internal sealed partial class RegistryService
{
    private static readonly RegistryRequest s_ping = new() { Path = "v2/" };

    /// <summary>Signs in and, when the registry agrees, keeps the credential.</summary>
    /// <param name="registry">"quay.io", also with a namespace.</param>
    /// <param name="authFile">Where, or null for the default.</param>
    /// <exception cref="EngineException">
    /// InvalidRegistryName, InvalidCredential, RegistryUnauthorized, RegistryBlocked, AuthFileNotWritten, and what reaching it throws.
    /// </exception>
    internal ContainerRegistry Connect(string registry, RegistryCredential credential, string? authFile, CancellationToken cancel)
    {
        (string host, string name) = RegistryName.Parse(registry);
        if (credential.IdentityToken is null && (credential.UserName.Length == 0
            || credential.UserName.Contains(':', StringComparison.Ordinal)))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidCredential", "A user's name must not be empty, and must have no colon.",
                    credential.UserName,
                "Give the name the registry knows.");
        }

        RegistryEntry? entry = Entry(name);

        // A client of its own: what an earlier password got must not answer for this one.
        RegistryEndpoint endpoint = _endpoints.GetOrAdd((host, entry?.Insecure ?? false), key =>
            new RegistryEndpoint(key.Domain, key.Insecure));
        RegistryClient client = new(_transports, endpoint, credential);
        RegistryAnswer answer = client.Send(s_ping, new RetryBudget(_options, null), cancel);
        if (!answer.IsSuccess)
        {
            throw RegistryErrors.From(answer, host, RegistrySubject.Service, host, signedIn: true);
        }

        answer.Dispose();
        string source = _credentials.Save(name, credential, authFile, cancel);
        return Describe(name, credential.UserName, source, entry);
    }

    /// <summary>False where nobody had signed in.</summary>
    internal bool Disconnect(string registry, string? authFile)
    {
        (string host, string name) = RegistryName.Parse(registry);

        // Tokens of that user go with the credential.
        foreach ((RegistryEndpoint Endpoint, RegistryCredential? Credential) key in _clients.Keys.Where(k => k.Endpoint.Domain == host))
        {
            _clients.TryRemove(key, out _);
        }

        return _credentials.Remove(name, authFile, default);
    }

    /// <summary>What auth files and registries.conf name, by name. Nobody is asked.</summary>
    internal IReadOnlyList<ContainerRegistry> List(string? authFile)
    {
        RegistriesConf conf = RegistriesConf.Read(_options);
        SortedDictionary<string, ContainerRegistry> all = new(StringComparer.Ordinal);
        foreach ((string name, string? user, string source) in _credentials.List(authFile))
        {
            all.TryAdd(name, Describe(name, user, source, conf.Find(name)));
        }

        foreach (RegistryEntry entry in conf.Entries)
        {
            all.TryAdd(entry.Prefix, Describe(entry.Prefix, null, null, entry));
        }

        return [.. all.Values];
    }

    private static ContainerRegistry Describe(string name, string? user, string? source, RegistryEntry? entry) => new()
    {
        Registry = name,
        UserName = string.IsNullOrEmpty(user) ? null : user,
        Source = source,
        Mirrors = [.. entry?.Mirrors.Select(m => m.Location) ?? []],
        Insecure = entry?.Insecure ?? false,
        Blocked = entry?.Blocked ?? false,
    };
}
