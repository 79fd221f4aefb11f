using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Containers.Engine.Images;

/// <summary>Makes an image configuration of today from the JSON documents of an image of docker 1.9 and earlier.</summary>
internal static class LegacyConfig
{
    /// <summary>What only the old form knows, and what is written anew.</summary>
    private static readonly HashSet<string> s_dropped = new(StringComparer.Ordinal)
    {
        "id", "parent", "parent_id", "layer_id", "Size", "throwaway", "rootfs", "history",
    };

    /// <param name="chain">Bottom first; their diff ids are found out now.</param>
    /// <exception cref="EngineException">DamagedArchive, InvalidImageConfig.</exception>
    internal static byte[] Make(IReadOnlyList<LegacyLayer> chain)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            LegacyLayer top = chain[^1];
            ArchiveJson.Parse(top.Json, top.Name, root => WriteTop(json, root));
            json.WriteStartArray("history");
            foreach (LegacyLayer layer in chain)
            {
                ArchiveJson.Parse(layer.Json, layer.Name, root => WriteStep(json, root));
            }

            json.WriteEndArray();
            json.WriteStartObject("rootfs");
            json.WriteString("type", "layers");
            json.WriteStartArray("diff_ids");
            foreach (LegacyLayer layer in chain)
            {
                json.WriteStringValue(layer.DiffId.Value.ToString());
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static bool WriteTop(Utf8JsonWriter json, JsonElement root)
    {
        foreach (JsonProperty property in root.EnumerateObject().OrderBy(each => each.Name, StringComparer.Ordinal))
        {
            if (!s_dropped.Contains(property.Name))
            {
                property.WriteTo(json);
            }
        }

        return true;
    }

    private static bool WriteStep(Utf8JsonWriter json, JsonElement root)
    {
        json.WriteStartObject();
        Copy(json, root, "created");
        Copy(json, root, "author");
        if (root.TryGetProperty("container_config", out JsonElement container) && container.ValueKind == JsonValueKind.Object)
        {
            List<string> command = ArchiveJson.Strings(container, "Cmd", 1000);
            if (command.Count > 0)
            {
                json.WriteString("created_by", string.Join(' ', command));
            }
        }

        Copy(json, root, "comment");
        json.WriteEndObject();
        return true;
    }

    private static void Copy(Utf8JsonWriter json, JsonElement root, string name)
    {
        if (ArchiveJson.Text(root, name) is { Length: > 0 } text)
        {
            json.WriteString(name, text);
        }
    }
}
