using System.Text.Json.Serialization;

namespace Containers.Engine.Registry;

internal sealed record TokenAnswer
{
    [JsonPropertyName("token")]
    public string? Token { get; init; }

    [JsonPropertyName("access_token")]
    public string? AccessToken { get; init; }

    [JsonPropertyName("expires_in")]
    public double? ExpiresIn { get; init; }

    public override string ToString() => "token";
}

internal sealed record TagList
{
    [JsonPropertyName("tags")]
    public List<string?>? Tags { get; init; }
}

internal sealed record Catalog
{
    [JsonPropertyName("repositories")]
    public List<string?>? Repositories { get; init; }
}

internal sealed record HubSearch
{
    [JsonPropertyName("num_pages")]
    public int Pages { get; init; }

    [JsonPropertyName("results")]
    public List<HubRepository>? Results { get; init; }
}

internal sealed record HubRepository
{
    [JsonPropertyName("name")]
    public string? Name { get; init; }

    [JsonPropertyName("description")]
    public string? Description { get; init; }

    [JsonPropertyName("star_count")]
    public long Stars { get; init; }

    [JsonPropertyName("is_official")]
    public bool Official { get; init; }
}

/// <summary>What a credential helper reads and writes (docker-credential-helpers).</summary>
internal sealed record HelperCredential
{
    [JsonPropertyName("ServerURL")]
    public string? ServerUrl { get; init; }

    public string? Username { get; init; }

    public string? Secret { get; init; }

    public override string ToString() => Username ?? "";
}

[JsonSourceGenerationOptions(AllowDuplicateProperties = false, MaxDepth = 16)]
[JsonSerializable(typeof(TokenAnswer))]
[JsonSerializable(typeof(TagList))]
[JsonSerializable(typeof(Catalog))]
[JsonSerializable(typeof(HubSearch))]
[JsonSerializable(typeof(HelperCredential))]
internal sealed partial class RegistryJson : JsonSerializerContext;
