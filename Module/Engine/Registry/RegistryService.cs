using System.Collections.Concurrent;
using Containers.Engine.Images;
using Containers.Engine.Registry.Auth;
using Containers.Engine.Registry.Configuration;
using Containers.Engine.Registry.Http;

namespace Containers.Engine.Registry;

/// <summary>
/// The registries of the world: which one a name means (registries.conf: short names, mirrors, blocked, insecure), how to reach it (TLS, CA
/// folders), as whom (auth files, credential helpers). Holds connections and tokens for the session; no other state. Thread-safe.
/// </summary>
internal sealed partial class RegistryService : IDisposable
{
    private readonly RegistryOptions _options;
    private readonly TransportPool _transports;
    private readonly CredentialStore _credentials;
    private readonly ConcurrentDictionary<(string Domain, bool Insecure), RegistryEndpoint> _endpoints = new();
    private readonly ConcurrentDictionary<(RegistryEndpoint Endpoint, RegistryCredential? Credential), RegistryClient> _clients = new();

    internal RegistryService()
        : this(new RegistryOptions())
    {
    }

    internal RegistryService(RegistryOptions options)
    {
        _options = options;
        _transports = new TransportPool(options);
        _credentials = new CredentialStore(options);
    }

    /// <summary>
    /// What a short name may stand for, best first: an alias of registries.conf, else each unqualified-search registry, else docker.io.
    /// </summary>
    /// <param name="reference">What docker's defaults make of it.</param>
    /// <param name="asWritten">A name with a registry in it stands for itself alone.</param>
    /// <exception cref="EngineException">RegistriesConfInvalid.</exception>
    internal IReadOnlyList<ImageReference> Candidates(ImageReference reference, string asWritten) =>
        RegistriesConf.Read(_options).Candidates(reference, asWritten);

    /// <summary>Mirrors first, then the registry itself.</summary>
    /// <param name="credential">For the registry itself; mirrors have their own in the auth files.</param>
    /// <param name="retry">Further attempts after a transient failure; null for the engine's own number.</param>
    /// <param name="authFile">The only file with credentials that is read; null for those of docker and podman.</param>
    /// <param name="cancel">Ends what a credential helper may take.</param>
    /// <exception cref="EngineException">AuthFileNotFound, RegistryBlocked, RegistriesConfInvalid, AuthFileInvalid, CredentialHelperFailed.</exception>
    internal IReadOnlyList<RegistryRepository> OpenForPull(
        ImageReference reference, RegistryCredential? credential, int? retry = null, string? authFile = null, CancellationToken cancel = default)
    {
        string name = reference.Domain + "/" + reference.Repository;
        RegistryEntry? entry = Entry(name);
        List<RegistryRepository> all = [];
        foreach (MirrorEntry mirror in entry?.Mirrors ?? [])
        {
            if (mirror.PullFrom == "all" || mirror.PullFrom == (reference.Digest is null ? "tag-only" : "digest-only"))
            {
                all.Add(Open(name, entry!.Move(name, mirror.Location), mirror.Insecure, null, authFile, retry, cancel));
            }
        }

        all.Add(Open(name, entry?.Move(name, entry.Location) ?? name, entry?.Insecure ?? false, credential, authFile, retry, cancel));
        return all;
    }

    internal RegistryRepository OpenForPush(
        ImageReference reference, RegistryCredential? credential, int? retry = null, string? authFile = null, CancellationToken cancel = default)
    {
        string name = reference.Domain + "/" + reference.Repository;
        RegistryEntry? entry = Entry(name);
        return Open(name, entry?.Move(name, entry.Location) ?? name, entry?.Insecure ?? false, credential, authFile, retry, cancel);
    }

    public void Dispose() => _transports.Dispose();

    private RegistryEntry? Entry(string name)
    {
        RegistryEntry? entry = RegistriesConf.Read(_options).Find(name);
        return entry is { Blocked: true } ? throw RegistryErrors.Blocked(name.Split('/')[0]) : entry;
    }

    private HttpRepository Open(
        string name, string location, bool insecure, RegistryCredential? credential, string? authFile, int? retry, CancellationToken cancel)
    {
        if (authFile is not null && !File.Exists(authFile))
        {
            // Whoever names a file does not mean to be nobody.
            throw new EngineException(
                EngineErrorKind.ObjectNotFound, "AuthFileNotFound", $"There is no file \"{authFile}\" with credentials.", authFile,
                "Check the path, or make it with Connect-ContainerRegistry -AuthFile.");
        }

        if (!ImageReference.TryParse(location, out ImageReference? place)
            || !location.StartsWith(place.Domain + "/", StringComparison.Ordinal))
        {
            throw new EngineException(
                EngineErrorKind.InvalidData, "RegistriesConfInvalid",
                    $"registries.conf sends \"{name}\" to \"{location}\", which is no repository.", name,
                "Correct the location.");
        }

        RegistryClient client = Client(place.Domain, insecure, credential ?? _credentials.Find(location, authFile, cancel));
        return new HttpRepository(client, name, place.Repository, retry);
    }

    private RegistryClient Client(string domain, bool insecure, RegistryCredential? credential)
    {
        RegistryEndpoint endpoint = _endpoints.GetOrAdd((domain, insecure), key => new RegistryEndpoint(key.Domain, key.Insecure));
        return _clients.GetOrAdd((endpoint, credential), key => new RegistryClient(_transports, key.Endpoint, key.Credential));
    }
}
