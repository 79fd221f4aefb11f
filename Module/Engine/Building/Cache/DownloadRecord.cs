using System.Text.Json.Serialization;

namespace Containers.Engine.Building.Cache;

/// <summary>build/downloads/KEY/download.json: what a server said of a file, so that it can be asked whether that still holds (RFC 9110, section 13).</summary>
internal sealed record DownloadRecord
{
    internal const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    /// <summary>For people: without user and password.</summary>
    public required string Address { get; init; }

    /// <summary>As the server wrote it, with its quotes; null where it gave none.</summary>
    public string? EntityTag { get; init; }

    public DateTimeOffset? Modified { get; init; }

    /// <summary>What the file is called.</summary>
    public required string Name { get; init; }

    /// <summary>Of the content beside this record.</summary>
    public required string Digest { get; init; }

    public required long Size { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(DownloadRecord))]
internal sealed partial class DownloadJson : JsonSerializerContext;
