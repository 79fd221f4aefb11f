namespace Containers.Engine.Images;

/// <summary>
/// The configuration of an image (OCI image specification, config.md). Fields that the engine does not know are not here;
/// the stored bytes keep them.
/// </summary>
public sealed record ImageConfig
{
    /// <summary>As Go names it: "amd64", "arm64".</summary>
    public string Architecture { get; init; } = string.Empty;

    public string Os { get; init; } = string.Empty;

    /// <summary>For example "v8"; null where there is none.</summary>
    public string? Variant { get; init; }

    public DateTimeOffset? Created { get; init; }

    public string? Author { get; init; }

    /// <summary>What a container of this image starts with.</summary>
    public ImageDefaults Config { get; init; } = new();

    public ImageRootFs RootFs { get; init; } = new();

    /// <summary>Oldest step first.</summary>
    public IReadOnlyList<ImageHistory> History { get; init; } = [];
}

/// <summary>The defaults an image gives its containers. Everything in it was written by whoever made the image.</summary>
public sealed record ImageDefaults
{
    /// <summary>user[:group], names or numbers; null means root.</summary>
    public string? User { get; init; }

    /// <summary>NAME=value each.</summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    public IReadOnlyList<string> Entrypoint { get; init; } = [];

    public IReadOnlyList<string> Cmd { get; init; } = [];

    public string? WorkingDir { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>"SIGTERM" or a number; null means SIGTERM.</summary>
    public string? StopSignal { get; init; }

    /// <summary>port/protocol each, sorted.</summary>
    public IReadOnlyList<string> ExposedPorts { get; init; } = [];

    /// <summary>Absolute paths in the container, sorted.</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    /// <summary>Docker's extension, as its JSON text; null where there is none.</summary>
    public string? Healthcheck { get; init; }

    /// <summary>Docker's extension: the shell of shell-form instructions.</summary>
    public IReadOnlyList<string> Shell { get; init; } = [];

    /// <summary>Docker's extension: Dockerfile instructions for builds on top of the image.</summary>
    public IReadOnlyList<string> OnBuild { get; init; } = [];
}

/// <summary>The layers of an image.</summary>
public sealed record ImageRootFs
{
    /// <summary>Digests of the uncompressed layers, bottom first.</summary>
    public IReadOnlyList<Digest> DiffIds { get; init; } = [];
}

/// <summary>One step in the making of an image.</summary>
public sealed record ImageHistory
{
    public DateTimeOffset? Created { get; init; }

    public string? CreatedBy { get; init; }

    public string? Author { get; init; }

    public string? Comment { get; init; }

    /// <summary>True where the step made no layer.</summary>
    public bool EmptyLayer { get; init; }
}
