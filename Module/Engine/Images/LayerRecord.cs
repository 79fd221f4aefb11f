using System.Text.Json.Serialization;

namespace Containers.Engine.Images;

/// <summary>layer.json: what is known of a complete layer.</summary>
internal sealed record LayerRecord
{
    /// <summary>Digest of the uncompressed tar.</summary>
    [JsonRequired]
    public required string DiffId { get; init; }

    /// <summary>Bytes of file content.</summary>
    [JsonRequired]
    public required long Size { get; init; }

    public DateTimeOffset Created { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(LayerRecord))]
internal sealed partial class ImagesJsonContext : JsonSerializerContext;
