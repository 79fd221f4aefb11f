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

    /// <summary>How often it was found.</summary>
    public int Uses { get; init; }

    /// <summary>The key of the step before it that made or found something; null for the first one.</summary>
    public string? Parent { get; init; }

    /// <summary>What kind of step, by its first word.</summary>
    internal string Kind => Instruction.StartsWith('(') ? Instruction == SquashText ? "Squash" : "Context"
        : Instruction.Split(' ', 2)[0].ToUpperInvariant();

    /// <summary>In the place of the instruction.</summary>
    internal const string SquashText = "(all layers above the base as one)";
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(BuildCacheRecord))]
internal sealed partial class BuildCacheJson : JsonSerializerContext;
