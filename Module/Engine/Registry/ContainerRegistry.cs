namespace Containers.Engine.Registry;

/// <summary>A registry that somebody has signed in to, or that a configuration file names.</summary>
public sealed record ContainerRegistry
{
    /// <summary>"docker.io", "localhost:5000".</summary>
    public required string Registry { get; init; }

    /// <summary>Null where nobody signed in.</summary>
    public string? UserName { get; init; }

    /// <summary>Where the credential is: a path, or "helper NAME"; null where there is none.</summary>
    public string? Source { get; init; }

    /// <summary>Locations that are asked first.</summary>
    public IReadOnlyList<string> Mirrors { get; init; } = [];

    /// <summary>http, or TLS without a known authority, is allowed.</summary>
    public bool Insecure { get; init; }

    public bool Blocked { get; init; }

    public override string ToString() => Registry;
}

/// <summary>A user's name and secret, or an identity token. Never written into a log or a message.</summary>
public sealed record RegistryCredential
{
    public string UserName { get; init; } = "";

    public string Password { get; init; } = "";

    /// <summary>An OAuth2 refresh token instead of a password.</summary>
    public string? IdentityToken { get; init; }

    public override string ToString() => UserName;
}

/// <summary>A repository that a registry's search found.</summary>
public sealed record ContainerImageSearchResult
{
    /// <summary>What Request-ContainerImage takes.</summary>
    public required string Name { get; init; }

    public required string Registry { get; init; }

    public string Description { get; init; } = "";

    public int Stars { get; init; }

    public bool Official { get; init; }

    public override string ToString() => Name;
}

/// <summary>A tag in a registry.</summary>
public sealed record ContainerImageTag
{
    /// <summary>In its familiar form.</summary>
    public required string Repository { get; init; }

    public required string Tag { get; init; }

    /// <summary>What Request-ContainerImage takes.</summary>
    public string Reference => Repository + ":" + Tag;

    /// <summary>Of its manifest or index; only where asked for.</summary>
    public string? Digest { get; init; }

    /// <summary>os/architecture[/variant] each; only where asked for.</summary>
    public IReadOnlyList<string> Platforms { get; init; } = [];

    public override string ToString() => Reference;
}
