using System.Text.Json;
using Containers.Engine.Images;

namespace Containers.Cmdlets;

/// <summary>
/// Images as docker image inspect prints them (docker Engine API v1.51, ImageInspect), for tools that read that. What an image's own
/// configuration says is copied as it stands; the fields that only docker's storage could fill are left out.
/// </summary>
internal static class ImageInspection
{
    /// <summary>Fields of the configuration that have their own place in the answer, by the names they have there.</summary>
    private static readonly (string Theirs, string Ours)[] s_copied =
        [("author", "Author"), ("architecture", "Architecture"), ("variant", "Variant"), ("os", "Os"), ("os.version", "OsVersion"), ("config", "Config")];

    internal static string Write(IEnumerable<ContainerImageDetail> details) => InspectionJson.Write(json =>
    {
        json.WriteStartArray();
        foreach (ContainerImageDetail detail in details)
        {
            Write(json, detail);
        }

        json.WriteEndArray();
    });

    private static void Write(Utf8JsonWriter json, ContainerImageDetail detail)
    {
        ContainerImage image = detail.Image;
        json.WriteStartObject();
        json.WriteString("Id", image.Id);
        json.List("RepoTags", image.References);
        json.List("RepoDigests", image.Digests);
        json.WriteString("Parent", "");
        json.WriteString("Comment", detail.History.Count > 0 ? detail.History[0].Comment : "");
        if (image.Created > DateTimeOffset.MinValue)
        {
            json.WriteString("Created", InspectionJson.Time(image.Created));
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
        json.List("Layers", detail.Layers.Select(layer => layer.DiffId));
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
