using System.Net;

namespace Containers.Engine.Registry;

/// <summary>
/// The numbers and places that registries are reached by. Tests shorten the times and move the places; nothing else does.
/// </summary>
internal sealed record RegistryOptions
{
    /// <summary>The session's environment, read at each use: a user may change it between two cmdlets.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>Holds registries.conf, registries.conf.d and certs.d.</summary>
    public string SystemFolder { get; init; } = "/etc/containers";

    /// <summary>Holds docker's certs.d.</summary>
    public string DockerFolder { get; init; } = "/etc/docker";

    /// <summary>Where podman keeps root's credentials of this boot.</summary>
    public string RootAuthFile { get; init; } = "/run/containers/0/auth.json";

    /// <summary>Addresses of a host; the system's resolver where null.</summary>
    public Func<string, IPAddress[]>? Resolve { get; init; }

    /// <summary>One attempt to connect, TLS included.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long an answer, or the next byte of one, may take.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a registry may take to make a blob of what it got: some copy it to another store first.</summary>
    public TimeSpan Commit { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>All of an answer that is no blob, however steadily it drips.</summary>
    public TimeSpan SmallAnswer { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Further attempts after a transient failure.</summary>
    public int Retries { get; init; } = 5;

    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(0.2);

    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A registry that asks for more patience than this gets an error instead.</summary>
    public TimeSpan LongestRetryAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Bytes of one PATCH.</summary>
    public int ChunkSize { get; init; } = 32 << 20;

    /// <summary>Blobs up to this size go in one PUT.</summary>
    public int MonolithicSize { get; init; } = 4 << 20;

    /// <summary>The search of Docker Hub, which is no part of the registry's interface.</summary>
    public Uri HubSearch { get; init; } = new("https://index.docker.io/v1/search");

    internal string Home => Environment("HOME") is { Length: > 0 } home
        ? home
        : System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile);

    /// <summary>The user's folder of podman and its kin.</summary>
    internal string UserFolder => Path.Join(
        Environment("XDG_CONFIG_HOME") is { Length: > 0 } folder && folder[0] == '/' ? folder : Path.Join(Home, ".config"), "containers");
}
