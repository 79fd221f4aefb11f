using System.Text.Json.Serialization;

namespace Containers.Engine.Volumes;

/// <summary>volume.json. Users, size and whether its directory is there are looked up, not kept.</summary>
internal sealed record VolumeRecord
{
    internal const int CurrentVersion = 1;

    internal const string LocalDriver = "local";

    public int Version { get; init; } = CurrentVersion;

    public required string Name { get; init; }

    public string Driver { get; init; } = LocalDriver;

    /// <summary>type, device, o, as docker's local driver has them; empty for a plain directory.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Made for one container, without a name that somebody chose.</summary>
    public bool Anonymous { get; init; }

    public required DateTimeOffset Created { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(VolumeRecord))]
internal sealed partial class VolumeJson : JsonSerializerContext;
