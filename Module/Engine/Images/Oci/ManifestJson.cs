using System.Text.Json;

namespace Containers.Engine.Images;

/// <summary>
/// Reads manifests and indexes of OCI and docker (schema 2). Strict: a document has one meaning or none (CVE-2021-41190), so duplicate
/// keys, keys that differ in case only, wrong types, digests not of the grammar (CVE-2024-3727), and a type that contradicts the
/// Content-Type are refused. null counts as absent, as Go writes it.
/// </summary>
internal static partial class ManifestJson
{
    internal const int MaxBytes = 4 << 20;
    internal const int MaxEntries = 10_000;
    internal const int MaxLayers = 1024;

    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    /// <summary>Go's readers take these in any case: another spelling would mean one thing there and nothing here.</summary>
    private static readonly string[] s_names =
        ["schemaVersion", "mediaType", "config", "layers", "manifests", "digest", "size", "platform", "fsLayers", "blobs"];

    /// <summary>A manifest or an index, as what it was kept.</summary>
    /// <exception cref="EngineException">As for the other overload.</exception>
    internal static ImageDocument Parse(StoredManifest manifest, string subject) => Parse(manifest.Content, manifest.MediaType, subject);

    /// <param name="contentType">What it was delivered as, parameters and all; null where nobody said.</param>
    /// <param name="subject">What messages call it.</param>
    /// <exception cref="EngineException">
    /// InvalidManifest; UnsupportedManifest: docker's schema 1; NotAnImage: no image and no index of images.
    /// </exception>
    internal static ImageDocument Parse(ReadOnlyMemory<byte> json, string? contentType, string subject)
    {
        if (json.Length > MaxBytes)
        {
            throw Invalid(subject, "it is longer than 4 MiB");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(json, s_strict);
            return Read(document.RootElement, MediaTypes.Bare(contentType), subject);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            // InvalidOperationException: a string with half a surrogate pair.
            throw Invalid(subject, e is FormatException ? e.Message : "it is not the JSON that the specification asks for", e);
        }
    }

    private static ImageDocument Read(JsonElement root, string delivered, string subject)
    {
        Require(root, JsonValueKind.Object, "the document");
        CheckNames(root);
        string stated = Text(root, "mediaType") ?? "";
        int? version = Get(root, "schemaVersion", JsonValueKind.Number) is JsonElement number
            ? number.TryGetInt32(out int value) ? value : throw new FormatException("'schemaVersion' is no small number")
            : null;
        if (version == 1 || MediaTypes.IsSchema1(stated) || (stated.Length == 0 && MediaTypes.IsSchema1(delivered)))
        {
            throw new EngineException(
                EngineErrorKind.NotImplemented, "UnsupportedManifest",
                $"The manifest of '{subject}' is of docker's schema 1, which is out of use.", subject,
                "Push the image again with a newer tool, which writes schema 2 or OCI.");
        }

        if (stated == MediaTypes.OciArtifact || (stated.Length == 0 && delivered == MediaTypes.OciArtifact))
        {
            throw NotAnImage(subject, stated.Length > 0 ? stated : delivered);
        }

        if (version is not 2)
        {
            throw new FormatException("its schemaVersion is not 2");
        }

        bool index = root.TryGetProperty("manifests", out _);
        bool manifest = root.TryGetProperty("layers", out _) || root.TryGetProperty("config", out _);
        if (index == manifest || root.TryGetProperty("fsLayers", out _))
        {
            throw new FormatException(
                index || manifest ? "it is a manifest and an index at once" : "it is neither a manifest nor an index");
        }

        string type = TypeOf(stated, delivered, index);
        return index
            ? new ImageIndex { MediaType = type, Manifests = Descriptors(root, "manifests", MaxEntries), Annotations = Annotations(root) }
            : new ImageManifest
            {
                MediaType = type,
                Config = Get(root, "config", JsonValueKind.Object) is JsonElement config
                    ? Descriptor(config)
                    : throw new FormatException("it names no configuration"),
                Layers = Descriptors(root, "layers", MaxLayers),
                Annotations = Annotations(root),
            };
    }

    /// <summary>The one type that the document, its delivery and its shape agree on.</summary>
    private static string TypeOf(string stated, string delivered, bool index)
    {
        bool known = MediaTypes.IsIndex(delivered) || MediaTypes.IsManifest(delivered) || MediaTypes.IsSchema1(delivered);
        if (stated.Length > 0 && known && stated != delivered)
        {
            throw new FormatException($"it says that it is '{Short(stated)}' but was delivered as '{delivered}'");
        }

        string type = stated.Length > 0 ? stated : known ? delivered : index ? MediaTypes.OciIndex : MediaTypes.OciManifest;
        return (index ? MediaTypes.IsIndex(type) : MediaTypes.IsManifest(type))
            ? type
            : throw new FormatException($"its type '{Short(type)}' does not fit its content");
    }

    private static List<OciDescriptor> Descriptors(JsonElement parent, string name, int max)
    {
        List<OciDescriptor> result = [];
        if (Get(parent, name, JsonValueKind.Array) is JsonElement array)
        {
            if (array.GetArrayLength() > max)
            {
                throw new FormatException($"'{name}' has more than {max} entries");
            }

            foreach (JsonElement item in array.EnumerateArray())
            {
                Require(item, JsonValueKind.Object, name);
                result.Add(Descriptor(item));
            }
        }

        return result;
    }

    private static OciDescriptor Descriptor(JsonElement item)
    {
        CheckNames(item);
        string? digest = Text(item, "digest");
        long size = -1;
        bool sized = Get(item, "size", JsonValueKind.Number) is JsonElement number && number.TryGetInt64(out size) && size >= 0;
        return new OciDescriptor
        {
            MediaType = Text(item, "mediaType") ?? "",
            Digest = Digest.TryParse(digest, out Digest parsed)
                ? parsed
                : throw new FormatException($"'{Short(digest ?? "")}' is not a digest"),
            Size = sized ? size : throw new FormatException($"the size of '{digest}' is not a number of bytes"),
            Platform = Get(item, "platform", JsonValueKind.Object) is JsonElement platform ? Platform(platform) : null,
            Annotations = Annotations(item),
        };
    }

    /// <summary>Null where it says nothing that could be asked for, as some tools write it ("architecture": "").</summary>
    private static ImagePlatform? Platform(JsonElement platform)
    {
        string variant = Text(platform, "variant") ?? "";
        string text = Text(platform, "os") + "/" + Text(platform, "architecture") + (variant.Length > 0 ? "/" + variant : "");
        return ImagePlatform.TryParse(text, out ImagePlatform? parsed) ? parsed : null;
    }

    private static Dictionary<string, string> Annotations(JsonElement parent)
    {
        Dictionary<string, string> result = [];
        if (Get(parent, "annotations", JsonValueKind.Object) is JsonElement map)
        {
            foreach (JsonProperty property in map.EnumerateObject())
            {
                Require(property.Value, JsonValueKind.String, "annotations");
                result[property.Name] = property.Value.GetString() ?? "";
            }
        }

        return result;
    }

    private static void CheckNames(JsonElement element)
    {
        foreach (JsonProperty property in element.EnumerateObject())
        {
            foreach (string name in s_names)
            {
                if (name.Equals(property.Name, StringComparison.OrdinalIgnoreCase) && name != property.Name)
                {
                    throw new FormatException($"'{property.Name}' is not how '{name}' is written");
                }
            }
        }
    }

    private static JsonElement? Get(JsonElement parent, string name, JsonValueKind kind)
    {
        if (!parent.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        Require(value, kind, name);
        return value;
    }

    private static string? Text(JsonElement parent, string name) => Get(parent, name, JsonValueKind.String)?.GetString();

    private static void Require(JsonElement value, JsonValueKind kind, string name)
    {
        if (value.ValueKind != kind)
        {
            throw new FormatException($"'{name}' is of another type than the specification says");
        }
    }

    /// <summary>A stranger's text, short enough for a message.</summary>
    private static string Short(string text) => text.Length <= 100 ? text : text[..100] + "…";

    internal static EngineException NotAnImage(string subject, string type) => new(
        EngineErrorKind.InvalidData, "NotAnImage", $"'{subject}' is not an image but an artifact of type '{Short(type)}'.", subject,
        "Use the tool that the artifact was made for.");

    internal static EngineException Invalid(string subject, string why, Exception? inner = null) => new(
        EngineErrorKind.InvalidData, "InvalidManifest", $"The manifest of '{subject}' cannot be used: {why}.", subject,
        "Ask whoever made the image to push it again.", inner);
}
