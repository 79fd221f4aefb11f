namespace Containers.Engine.Images;

/// <summary>Names of kinds of content (OCI image specification, media-types.md; docker's image manifest v2, schema 2).</summary>
internal static class MediaTypes
{
    internal const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    internal const string OciIndex = "application/vnd.oci.image.index.v1+json";
    internal const string OciConfig = "application/vnd.oci.image.config.v1+json";
    internal const string OciArtifact = "application/vnd.oci.artifact.manifest.v1+json";
    internal const string OciLayer = "application/vnd.oci.image.layer.v1.tar";
    internal const string OciLayerGzip = OciLayer + "+gzip";
    internal const string OciLayerZstd = OciLayer + "+zstd";

    internal const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    internal const string DockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
    internal const string DockerConfig = "application/vnd.docker.container.image.v1+json";
    internal const string DockerSchema1 = "application/vnd.docker.distribution.manifest.v1+json";
    internal const string DockerSchema1Signed = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    internal const string DockerLayer = "application/vnd.docker.image.rootfs.diff.tar";
    internal const string DockerLayerGzip = DockerLayer + ".gzip";

    internal static bool IsIndex(string type) => type is OciIndex or DockerList;

    internal static bool IsManifest(string type) => type is OciManifest or DockerManifest;

    internal static bool IsSchema1(string type) => type is DockerSchema1 or DockerSchema1Signed;

    internal static bool IsDocker(string type) => type is DockerManifest or DockerList;

    /// <summary>
    /// Whether a configuration of this type is an image's. Registries of docker's early days wrote application/octet-stream, or what a
    /// broken proxy made of it (distribution issue 1621); docker still takes these.
    /// </summary>
    internal static bool IsImageConfig(string type) => type is OciConfig or DockerConfig or "application/octet-stream" or "text/html" or "";

    /// <summary>A Content-Type without its parameters.</summary>
    internal static string Bare(string? contentType)
    {
        string type = contentType ?? "";
        int end = type.IndexOf(';', StringComparison.Ordinal);
        return (end < 0 ? type : type[..end]).Trim().ToLowerInvariant();
    }

    /// <summary>What docker calls a layer of this OCI type; null where it has no name for it (zstd).</summary>
    internal static string? ToDockerLayer(string type) => type switch
    {
        OciLayer or DockerLayer => DockerLayer,
        OciLayerGzip or DockerLayerGzip => DockerLayerGzip,
        _ => null,
    };

    /// <summary>The OCI type of a layer that docker's type or OCI's names; null for any other.</summary>
    internal static string? ToOciLayer(string type) => type switch
    {
        OciLayer or DockerLayer => OciLayer,
        OciLayerGzip or DockerLayerGzip => OciLayerGzip,
        OciLayerZstd => OciLayerZstd,
        _ => null,
    };
}
