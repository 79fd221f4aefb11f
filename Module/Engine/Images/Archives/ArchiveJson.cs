using System.Text.Json;

namespace Containers.Engine.Images;

/// <summary>Docker's documents, read as strictly as an image's configuration: one meaning or none (S29), null counts as absent.</summary>
internal static class ArchiveJson
{
    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    /// <exception cref="EngineException">DamagedArchive, with the name of the document.</exception>
    internal static T Parse<T>(ReadOnlyMemory<byte> json, string name, Func<JsonElement, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, s_strict);
            return read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            // InvalidOperationException: a value of another type than asked for, or a string with half a surrogate pair.
            throw ImageErrors.DamagedArchive(
                e is FormatException ? $"in '{name}', {e.Message}" : $"'{name}' is not the JSON that it should be", e);
        }
    }

    internal static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value.GetString() : null;

    internal static List<string> Strings(JsonElement parent, string name, int max)
    {
        if (!parent.TryGetProperty(name, out JsonElement array) || array.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        return array.GetArrayLength() <= max
            ? [.. array.EnumerateArray().Select(item => item.GetString() ?? throw new FormatException($"'{name}' holds null"))]
            : throw new FormatException($"'{name}' has more than {max} entries");
    }
}
