using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>The manifests that images came by: images/HEX.manifests.json. Losing one costs a push its digest, nothing else.</summary>
public sealed partial class ImageStore
{
    private const int MaxManifests = 8;
    private const int MaxManifestBytes = 8 << 20;

    /// <summary>The limit above in base64, and some room for names.</summary>
    private const int MaxManifestsFile = 12 << 20;

    /// <summary>Manifests it was received by, newest first; at most 8. Damaged ones are left out.</summary>
    internal IReadOnlyList<StoredManifest> Manifests(Digest id)
    {
        ManifestsRecord? record;
        try
        {
            byte[]? json = SmallFile.Read(ManifestsPath(id), MaxManifestsFile);
            record = json is null ? null : JsonSerializer.Deserialize(json, ManifestsJsonContext.Default.ManifestsRecord);
        }
        catch (Exception e) when (e is LinuxException or JsonException)
        {
            // It can be had again from where it came.
            return [];
        }

        List<StoredManifest> result = [];
        foreach (ManifestRecord entry in record?.Manifests ?? [])
        {
            if (Digest.TryParse(entry.Digest, out Digest digest) && IsDigestOf(digest, entry.Content))
            {
                result.Add(new StoredManifest { Digest = digest, MediaType = entry.MediaType, Content = entry.Content });
            }
        }

        return result;
    }

    /// <summary>Whether a content is what a digest says, by the digest's own algorithm.</summary>
    internal static bool IsDigestOf(Digest digest, ReadOnlySpan<byte> content) => digest.Hex == Convert.ToHexStringLower(
        digest.Algorithm == "sha512" ? SHA512.HashData(content) : SHA256.HashData(content));

    /// <summary>Puts a manifest first. The caller holds the store's lock.</summary>
    private void AddManifest(Digest id, StoredManifest manifest)
    {
        IReadOnlyList<StoredManifest> before = Manifests(id);
        if (before.Count > 0 && before[0].Digest == manifest.Digest)
        {
            return;
        }

        long bytes = 0;
        ManifestRecord[] kept =
        [
            .. before.Where(each => each.Digest != manifest.Digest).Prepend(manifest).Take(MaxManifests)
                .TakeWhile(each => (bytes += each.Content.Length) <= MaxManifestBytes)
                .Select(ManifestRecord.Of),
        ];
        string path = ManifestsPath(id);
        if (Directory.Exists(path))
        {
            FileTree.Remove(path);
        }

        ManifestsRecord record = new() { Manifests = kept };
        SmallFile.Replace(path, JsonSerializer.SerializeToUtf8Bytes(record, ManifestsJsonContext.Default.ManifestsRecord));
    }

    private string ManifestsPath(Digest id) => Path.Join(_folder, id.Hex + ".manifests.json");
}

/// <summary>images/HEX.manifests.json, newest first.</summary>
internal sealed record ManifestsRecord
{
    [JsonRequired]
    public required IReadOnlyList<ManifestRecord> Manifests { get; init; }
}

internal sealed record ManifestRecord
{
    [JsonRequired]
    public required string Digest { get; init; }

    [JsonRequired]
    public required string MediaType { get; init; }

    /// <summary>The very bytes, in base64.</summary>
    [JsonRequired]
    public required byte[] Content { get; init; }

    internal static ManifestRecord Of(StoredManifest manifest) => new()
    {
        Digest = manifest.Digest.ToString(),
        MediaType = manifest.MediaType,
        Content = manifest.Content.ToArray(),
    };
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, AllowDuplicateProperties = false, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ManifestsRecord))]
internal sealed partial class ManifestsJsonContext : JsonSerializerContext;
