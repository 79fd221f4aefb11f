using System.Text.Json.Serialization;

namespace Containers.Engine.Building.Cache;

/// <summary>build/cache/KEY.json: what a step with this key came to. The time of the file is when it was last used.</summary>
internal sealed record BuildCacheRecord
{
    internal const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    /// <summary>The file's name: a record that was put elsewhere is not believed.</summary>
    public required string Key { get; init; }

    /// <summary>The layer; null where the step changed nothing.</summary>
    public string? DiffId { get; init; }

    /// <summary>For people.</summary>
    public required string Instruction { get; init; }

    /// <summary>When the step was done, which is what the image's history says, also of an image that was made later.</summary>
    public required DateTimeOffset Created { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(BuildCacheRecord))]
internal sealed partial class BuildCacheJson : JsonSerializerContext;
