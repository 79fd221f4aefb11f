namespace Containers.Engine.Images;

/// <summary>The form of a saved image.</summary>
public enum ImageArchiveFormat
{
    /// <summary>
    /// A tar that docker load, podman load and skopeo's docker-archive and oci-archive read: manifest.json and an OCI layout in one.
    /// </summary>
    DockerArchive,

    /// <summary>A tar of an OCI image layout.</summary>
    OciArchive,

    /// <summary>A directory with an OCI image layout.</summary>
    OciDirectory,
}

public sealed record SaveOptions
{
    public ImageArchiveFormat Format { get; init; } = ImageArchiveFormat.DockerArchive;

    /// <summary>Of each layer within an OCI layout; a docker archive has plain layers always.</summary>
    public LayerCompression LayerCompression { get; init; } = LayerCompression.Gzip;

    public IProgress<TransferProgress>? Progress { get; init; }
}

public sealed record LoadOptions
{
    /// <summary>Of an index, the images for this platform; this machine's where null.</summary>
    public ImagePlatform? Platform { get; init; }

    /// <summary>Names instead of those in the archive; only for an archive of one image.</summary>
    public IReadOnlyList<ImageReference> References { get; init; } = [];

    /// <summary>
    /// Asked before a name of the archive moves away from another image of this host (CVE-2026-50195), on the calling thread; null moves
    /// it.
    /// </summary>
    public Func<ImageReference, bool>? MayMove { get; init; }

    public ImportLimits Limits { get; init; } = new();

    public IProgress<TransferProgress>? Progress { get; init; }

    public Action<string>? Warning { get; init; }
}
