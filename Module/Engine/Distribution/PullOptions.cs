using Containers.Engine.Images;
using Containers.Engine.Registry;

namespace Containers.Engine.Distribution;

/// <summary>When a registry is asked for an image.</summary>
public enum PullPolicy
{
    /// <summary>When it is not on this host.</summary>
    Missing,

    /// <summary>Every time; what is here already is not fetched again.</summary>
    Always,

    /// <summary>Every time, but what is here does when the registry cannot be reached.</summary>
    Newer,

    Never,
}

/// <summary>How an image is pulled.</summary>
public sealed record PullOptions
{
    public PullPolicy Policy { get; init; } = PullPolicy.Always;

    /// <summary>This machine's where null.</summary>
    public ImagePlatform? Platform { get; init; }

    /// <summary>Instead of the one that the auth files hold.</summary>
    public RegistryCredential? Credential { get; init; }

    /// <summary>The only file with credentials that is read; null for those of docker and podman.</summary>
    public string? AuthFile { get; init; }

    /// <summary>Attempts after a transient failure; null for the engine's own number.</summary>
    public int? Retry { get; init; }

    public ImportLimits Limits { get; init; } = new();

    /// <summary>Told about every fifth of a second, on the calling thread.</summary>
    public IProgress<TransferProgress>? Progress { get; init; }

    public Action<string>? Warning { get; init; }
}

/// <summary>How an image is pushed.</summary>
public sealed record PushOptions
{
    /// <summary>Of all layers; null for gzip where no blob of a layer is known, and for whatever there is where one is.</summary>
    public LayerCompression? Compression { get; init; }

    public RegistryCredential? Credential { get; init; }

    public string? AuthFile { get; init; }

    public int? Retry { get; init; }

    public IProgress<TransferProgress>? Progress { get; init; }

    public Action<string>? Warning { get; init; }
}

/// <summary>What a push came to.</summary>
public sealed record PushedImage
{
    /// <summary>The name in the registry.</summary>
    public required string Reference { get; init; }

    /// <summary>Of the manifest: what to pull it by for ever.</summary>
    public required string Digest { get; init; }

    /// <summary>The image's id here.</summary>
    public required string ImageId { get; init; }

    /// <summary>Bytes of all blobs.</summary>
    public long Size { get; init; }

    /// <summary>Bytes that had to be sent.</summary>
    public long Sent { get; init; }

    public override string ToString() => Reference + "@" + Digest;
}
