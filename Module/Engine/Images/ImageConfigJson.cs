using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Containers.Engine.Images;

/// <summary>
/// Reads and writes image configurations. Reading is strict: one meaning or none (CVE-2021-41190), so duplicate keys, wrong
/// types, comments and more than 4 MiB are refused; null counts as absent, as docker writes it.
/// </summary>
internal static class ImageConfigJson
{
    internal const int MaxBytes = 4 << 20;
    private const int MaxLayers = 1024;

    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    /// <exception cref="EngineException">InvalidImageConfig.</exception>
    internal static ImageConfig Parse(ReadOnlyMemory<byte> json, string subject)
    {
        if (json.Length > MaxBytes)
        {
            throw Invalid(subject, "it is longer than 4 MiB");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(json, s_strict);
            return Read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            // InvalidOperationException: a string with half a surrogate pair, or a value of another type than asked for.
            throw Invalid(subject, e is FormatException ? e.Message : "it is not the JSON that the specification asks for", e);
        }
    }

    /// <summary>The same configuration always gives the same bytes.</summary>
    internal static byte[] Write(ImageConfig config)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("architecture", config.Architecture);
            WriteOptional(json, "author", config.Author);
            WriteDefaults(json, config.Config);
            WriteTime(json, config.Created);
            json.WriteStartArray("history");
            foreach (ImageHistory step in config.History)
            {
                json.WriteStartObject();
                WriteTime(json, step.Created);
                WriteOptional(json, "created_by", step.CreatedBy);
                WriteOptional(json, "author", step.Author);
                WriteOptional(json, "comment", step.Comment);
                if (step.EmptyLayer)
                {
                    json.WriteBoolean("empty_layer", true);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("os", config.Os);
            json.WriteStartObject("rootfs");
            json.WriteString("type", "layers");
            json.WriteStartArray("diff_ids");
            foreach (Digest id in config.RootFs.DiffIds)
            {
                json.WriteStringValue(id.ToString());
            }

            json.WriteEndArray();
            json.WriteEndObject();
            WriteOptional(json, "variant", config.Variant);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static ImageConfig Read(JsonElement root)
    {
        Require(root, JsonValueKind.Object, "the document");
        List<Digest> layers = [];
        List<ImageHistory> history = [];
        if (Get(root, "rootfs", JsonValueKind.Object) is JsonElement rootFs)
        {
            foreach (string text in Strings(rootFs, "diff_ids"))
            {
                layers.Add(Digest.TryParse(text, out Digest id) ? id : throw new FormatException("a layer's digest is malformed"));
            }
        }

        if (layers.Count is 0 or > MaxLayers)
        {
            throw new FormatException(layers.Count == 0 ? "it names no layers" : "it names more than 1024 layers");
        }

        if (Get(root, "history", JsonValueKind.Array) is JsonElement steps)
        {
            foreach (JsonElement step in steps.EnumerateArray())
            {
                Require(step, JsonValueKind.Object, "history");
                history.Add(new ImageHistory
                {
                    Created = Time(step),
                    CreatedBy = Text(step, "created_by"),
                    Author = Text(step, "author"),
                    Comment = Text(step, "comment"),
                    EmptyLayer = step.TryGetProperty("empty_layer", out JsonElement empty)
                        && empty.ValueKind != JsonValueKind.Null && empty.GetBoolean(),
                });
            }
        }

        return new ImageConfig
        {
            Architecture = Text(root, "architecture") ?? string.Empty,
            Os = Text(root, "os") ?? string.Empty,
            Variant = Text(root, "variant"),
            Created = Time(root),
            Author = Text(root, "author"),
            Config = Get(root, "config", JsonValueKind.Object) is JsonElement defaults ? ReadDefaults(defaults) : new ImageDefaults(),
            RootFs = new ImageRootFs { DiffIds = layers },
            History = history,
        };
    }

    private static ImageDefaults ReadDefaults(JsonElement config) => new()
    {
        User = NotEmpty(Text(config, "User")),
        Env = Strings(config, "Env"),
        Entrypoint = Strings(config, "Entrypoint"),
        Cmd = Strings(config, "Cmd"),
        WorkingDir = NotEmpty(Text(config, "WorkingDir")),
        Labels = Map(config, "Labels"),
        StopSignal = NotEmpty(Text(config, "StopSignal")),
        ExposedPorts = Keys(config, "ExposedPorts"),
        Volumes = Keys(config, "Volumes"),
        Healthcheck = Get(config, "Healthcheck", JsonValueKind.Object)?.GetRawText(),
        Shell = Strings(config, "Shell"),
        OnBuild = Strings(config, "OnBuild"),
    };

    private static JsonElement? Get(JsonElement parent, string name, JsonValueKind kind)
    {
        if (!parent.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        Require(value, kind, name);
        return value;
    }

    private static void Require(JsonElement value, JsonValueKind kind, string name)
    {
        if (value.ValueKind != kind)
        {
            throw new FormatException($"'{name}' is of another type than the specification says");
        }
    }

    private static string? Text(JsonElement parent, string name) =>
        Get(parent, name, JsonValueKind.String) is JsonElement value ? Checked(value.GetString() ?? string.Empty, name) : null;

    private static string Checked(string text, string name) => text.Contains('\0', StringComparison.Ordinal)
        ? throw new FormatException($"'{name}' contains a NUL character")
        : text;

    private static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static List<string> Strings(JsonElement parent, string name)
    {
        List<string> result = [];
        if (Get(parent, name, JsonValueKind.Array) is JsonElement array)
        {
            foreach (JsonElement item in array.EnumerateArray())
            {
                Require(item, JsonValueKind.String, name);
                result.Add(Checked(item.GetString() ?? string.Empty, name));
            }
        }

        return result;
    }

    private static Dictionary<string, string> Map(JsonElement parent, string name)
    {
        Dictionary<string, string> result = [];
        if (Get(parent, name, JsonValueKind.Object) is JsonElement map)
        {
            foreach (JsonProperty property in map.EnumerateObject())
            {
                Require(property.Value, JsonValueKind.String, name);
                result[Checked(property.Name, name)] = Checked(property.Value.GetString() ?? string.Empty, name);
            }
        }

        return result;
    }

    /// <summary>The specification writes sets as objects with empty objects in them.</summary>
    private static List<string> Keys(JsonElement parent, string name)
    {
        List<string> result = [];
        if (Get(parent, name, JsonValueKind.Object) is JsonElement map)
        {
            foreach (JsonProperty property in map.EnumerateObject())
            {
                result.Add(Checked(property.Name, name));
            }

            result.Sort(StringComparer.Ordinal);
        }

        return result;
    }

    private static DateTimeOffset? Time(JsonElement parent)
    {
        if (Get(parent, "created", JsonValueKind.String) is not JsonElement value)
        {
            return null;
        }

        return value.TryGetDateTimeOffset(out DateTimeOffset time) ? time : throw new FormatException("'created' is not a time");
    }

    private static void WriteDefaults(Utf8JsonWriter json, ImageDefaults config)
    {
        json.WriteStartObject("config");
        WriteOptional(json, "User", config.User);
        WriteSet(json, "ExposedPorts", config.ExposedPorts);
        WriteList(json, "Env", config.Env);
        WriteList(json, "Entrypoint", config.Entrypoint);
        WriteList(json, "Cmd", config.Cmd);
        WriteSet(json, "Volumes", config.Volumes);
        WriteOptional(json, "WorkingDir", config.WorkingDir);
        if (config.Labels.Count > 0)
        {
            json.WriteStartObject("Labels");
            foreach ((string key, string value) in config.Labels.OrderBy(label => label.Key, StringComparer.Ordinal))
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
        }

        WriteOptional(json, "StopSignal", config.StopSignal);
        if (config.Healthcheck is not null)
        {
            json.WritePropertyName("Healthcheck");
            json.WriteRawValue(config.Healthcheck);
        }

        WriteList(json, "OnBuild", config.OnBuild);
        WriteList(json, "Shell", config.Shell);
        json.WriteEndObject();
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void WriteTime(Utf8JsonWriter json, DateTimeOffset? time)
    {
        if (time is DateTimeOffset value)
        {
            json.WriteString("created", value.UtcDateTime);
        }
    }

    private static void WriteList(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        if (values.Count > 0)
        {
            json.WriteStartArray(name);
            foreach (string value in values)
            {
                json.WriteStringValue(value);
            }

            json.WriteEndArray();
        }
    }

    private static void WriteSet(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        if (values.Count > 0)
        {
            json.WriteStartObject(name);
            foreach (string value in values.Distinct().Order(StringComparer.Ordinal))
            {
                json.WriteStartObject(value);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }
    }

    private static EngineException Invalid(string subject, string why, Exception? inner = null) => new(
        EngineErrorKind.InvalidData, "InvalidImageConfig", $"The configuration of image '{subject}' cannot be used: {why}.", subject,
        "Make the image again, or remove it with Remove-ContainerImage.", inner);
}
