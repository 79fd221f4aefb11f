using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Containers.Engine.Images;

namespace Containers.Cmdlets;

/// <summary>
/// Images as docker image inspect prints them (docker Engine API v1.51, ImageInspect), for tools that read that. What an image's own
/// configuration says is copied as it stands; the fields that only docker's storage could fill are left out.
/// </summary>
internal static class ImageInspection
{
    // Relaxed: docker writes non-ASCII letters as they are. The text is for a pipeline, not for a page of HTML.
    private static readonly JsonWriterOptions s_options = new() { Indented = true, IndentSize = 4, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Fields of the configuration that have their own place in the answer, by the names they have there.</summary>
    private static readonly (string Theirs, string Ours)[] s_copied =
        [("author", "Author"), ("architecture", "Architecture"), ("variant", "Variant"), ("os", "Os"), ("os.version", "OsVersion"), ("config", "Config")];

    internal static string Write(IEnumerable<ContainerImageDetail> details)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer, s_options))
        {
            json.WriteStartArray();
            foreach (ContainerImageDetail detail in details)
            {
                Write(json, detail);
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private static void Write(Utf8JsonWriter json, ContainerImageDetail detail)
    {
        ContainerImage image = detail.Image;
        json.WriteStartObject();
        json.WriteString("Id", image.Id);
        WriteList(json, "RepoTags", image.References);
        WriteList(json, "RepoDigests", image.Digests);
        json.WriteString("Parent", "");
        json.WriteString("Comment", detail.History.Count > 0 ? detail.History[0].Comment : "");
        if (image.Created > DateTimeOffset.MinValue)
        {
            // RFC 3339 with seven digits; docker has up to nine.
            json.WriteString("Created", image.Created.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture));
        }

        json.WriteString("DockerVersion", "");
        using (JsonDocument config = JsonDocument.Parse(detail.ConfigJson))
        {
            foreach ((string theirs, string ours) in s_copied)
            {
                if (config.RootElement.TryGetProperty(theirs, out JsonElement value) && value.ValueKind != JsonValueKind.Null)
                {
                    json.WritePropertyName(ours);
                    value.WriteTo(json);
                }
            }
        }

        json.WriteNumber("Size", image.Size);
        json.WriteStartObject("RootFS");
        json.WriteString("Type", "layers");
        WriteList(json, "Layers", detail.Layers.Select(layer => layer.DiffId));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
