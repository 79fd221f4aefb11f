using System.Text.Json;

namespace Containers.Engine.Registry;

/// <summary>
/// Which kind a document is, by its header and by itself, which must not differ: one that two programs read as two things is how a check is
/// passed by (CVE-2021-41190; OCI image specification, manifest.md, "mediaType").
/// </summary>
internal static class ManifestKind
{
    private const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    private const string OciIndex = "application/vnd.oci.image.index.v1+json";
    private const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    private const string DockerList = "application/vnd.docker.distribution.manifest.list.v2+json";

    /// <returns>The media type, or null for what is no JSON object, is ambiguous or contradicts itself.</returns>
    internal static string? Determine(ReadOnlyMemory<byte> content, string header)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(content,
                new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 64 });
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            string? own = root.TryGetProperty("mediaType", out JsonElement type)
                ? type.ValueKind == JsonValueKind.String ? type.GetString() : null
                : "";
            bool index = root.TryGetProperty("manifests", out _);
            bool manifest = root.TryGetProperty("layers", out _) || root.TryGetProperty("config", out _);
            if (own is null || (index && manifest))
            {
                return null;
            }

            if (own.Length > 0 && IsKnown(header) && header != own)
            {
                return null;
            }

            string kind = own.Length > 0 ? own : IsKnown(header) ? header : index ? OciIndex : manifest ? OciManifest : header;
            return (index && kind is (OciManifest or DockerManifest)) || (manifest && kind is (OciIndex or DockerList)) ? null : kind;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsKnown(string type) => type is OciManifest or OciIndex or DockerManifest or DockerList;
}
