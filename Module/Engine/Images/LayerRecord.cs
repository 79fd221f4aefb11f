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

    /// <summary>Bytes of the tar, which tar.idx can make again; 0 where an older version left no index.</summary>
    public long TarSize { get; init; }

    /// <summary>Extended attributes that the archive has and the files have not.</summary>
    public long LostAttributes { get; init; }

    public DateTimeOffset Created { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(LayerRecord))]
internal sealed partial class ImagesJsonContext : JsonSerializerContext;
