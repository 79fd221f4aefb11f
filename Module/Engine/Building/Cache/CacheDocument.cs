using System.Text.Json;
using System.Text.Json.Serialization;
using Containers.Engine.Images;

namespace Containers.Engine.Building.Cache;

/// <summary>
/// A build cache outside of a store (docs/adr/0015): the configuration of an OCI manifest whose layers are those of the steps, each once.
/// </summary>
internal sealed record CacheDocument
{
    internal const string MediaType = "application/vnd.containers.build.cache.v1+json";

    /// <summary>The name of its manifest in the index of a directory.</summary>
    internal const string Name = "buildcache";

    /// <summary>As many layers as a manifest may have.</summary>
    internal const int MaxLayers = 1024;

    private const int CurrentVersion = 1;
    private const int MaxRecords = 10_000;

    public int Version { get; init; } = CurrentVersion;

    /// <summary>Diff ids in the order of the manifest's layers.</summary>
    public required IReadOnlyList<string> Layers { get; init; }

    public required IReadOnlyList<CacheDocumentRecord> Records { get; init; }

    internal byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, CacheDocumentJson.Default.CacheDocument);

    /// <summary>Of a stranger: all of it fits together, or it is refused.</summary>
    /// <exception cref="EngineException">InvalidBuildCache.</exception>
    internal static CacheDocument Parse(ReadOnlySpan<byte> json, int layers, string subject)
    {
        try
        {
            CacheDocument? document = JsonSerializer.Deserialize(json, CacheDocumentJson.Default.CacheDocument);
            return document is { Version: CurrentVersion } && document.Layers.Count == layers && document.Records.Count <= MaxRecords
                && document.Layers.All(layer => Digest.TryParse(layer, out Digest id) && id.Algorithm == "sha256")
                && document.Records.All(record => record is not null && Digest.TryParse("sha256:" + record.Key, out _)
                    && (record.Layer is null || (record.Layer >= 0 && record.Layer < layers)))
                ? document
                : throw Invalid(subject, "its records do not fit together, or are of another version");
        }
        catch (JsonException e)
        {
            throw Invalid(subject, "its configuration is not the JSON of one", e);
        }
    }

    internal static EngineException Invalid(string subject, string why, Exception? inner = null) => new(
        EngineErrorKind.InvalidData, "InvalidBuildCache", $"'{subject}' is no build cache: {why}.", subject,
        "Name what Build-ContainerImage -CacheTo has written.", inner);
}

/// <param name="Key">64 hexadecimal digits: the hash of all that the step depends on.</param>
/// <param name="Layer">Its place in the layers; null where the step changed nothing.</param>
/// <param name="Created">When the step was done.</param>
/// <param name="Instruction">For people.</param>
internal sealed record CacheDocumentRecord(string Key, int? Layer, DateTimeOffset Created, string Instruction);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(CacheDocument))]
internal sealed partial class CacheDocumentJson : JsonSerializerContext;
