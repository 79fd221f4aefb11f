namespace Containers.Engine.Images;

/// <summary>What an image made here gets besides its files, and the limits of reading them.</summary>
public sealed record ImageImportOptions
{
    /// <summary>Names for the image; one that another image has moves over. None may carry a digest.</summary>
    public IReadOnlyList<ImageReference> References { get; init; } = [];

    public IReadOnlyList<string> Command { get; init; } = [];

    public IReadOnlyList<string> Entrypoint { get; init; } = [];

    /// <summary>NAME=value each.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    public string? User { get; init; }

    /// <summary>An absolute path.</summary>
    public string? WorkingDirectory { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>os/architecture[/variant], for example linux/arm64/v8; this machine's where null.</summary>
    public string? Platform { get; init; }

    /// <summary>The comment of the image's history.</summary>
    public string? Message { get; init; }

    public string? Author { get; init; }

    public string? StopSignal { get; init; }

    /// <summary>port[/protocol] each; tcp where none is given.</summary>
    public IReadOnlyList<string> ExposedPorts { get; init; } = [];

    /// <summary>Absolute paths.</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    /// <summary>Dockerfile instructions that change what the other options say, in their order; see <see cref="ConfigChange"/>.</summary>
    public IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>Time of creation; now where null. Set it to get the same image id from the same input.</summary>
    public DateTimeOffset? Created { get; init; }

    public ImportLimits Limits { get; init; } = new();

    /// <summary>Told about what could not be kept, one sentence each, on the calling thread.</summary>
    public Action<string>? Warning { get; init; }
}
