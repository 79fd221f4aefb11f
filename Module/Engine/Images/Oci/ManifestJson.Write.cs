using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Containers.Engine.Images;

/// <summary>Writing: the same document always gives the same bytes.</summary>
internal static partial class ManifestJson
{
    internal static StoredManifest Write(ImageDocument document)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("schemaVersion", 2);
            json.WriteString("mediaType", document.MediaType);
            switch (document)
            {
                case ImageManifest manifest:
                    json.WritePropertyName("config");
                    Write(json, manifest.Config);
                    Write(json, "layers", manifest.Layers);
                    break;
                case ImageIndex index:
                    Write(json, "manifests", index.Manifests);
                    break;
            }

            Write(json, document.Annotations);
            json.WriteEndObject();
        }

        return new StoredManifest
        {
            Digest = Digest.Of(buffer.WrittenSpan),
            MediaType = document.MediaType,
            Content = buffer.WrittenMemory,
        };
    }

    private static void Write(Utf8JsonWriter json, string name, IReadOnlyList<OciDescriptor> descriptors)
    {
        json.WriteStartArray(name);
        foreach (OciDescriptor descriptor in descriptors)
        {
            Write(json, descriptor);
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, OciDescriptor descriptor)
    {
        json.WriteStartObject();
        json.WriteString("mediaType", descriptor.MediaType);
        json.WriteString("digest", descriptor.Digest.ToString());
        json.WriteNumber("size", descriptor.Size);
        if (descriptor.Platform is ImagePlatform platform)
        {
            json.WriteStartObject("platform");
            json.WriteString("architecture", platform.Architecture);
            json.WriteString("os", platform.Os);
            if (platform.Variant is not null)
            {
                json.WriteString("variant", platform.Variant);
            }

            json.WriteEndObject();
        }

        Write(json, descriptor.Annotations);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, IReadOnlyDictionary<string, string> annotations)
    {
        if (annotations.Count == 0)
        {
            return;
        }

        json.WriteStartObject("annotations");
        foreach ((string key, string value) in annotations.OrderBy(each => each.Key, StringComparer.Ordinal))
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }
}
