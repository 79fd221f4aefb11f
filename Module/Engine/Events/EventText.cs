using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Containers.Engine.Launch.Plan;

namespace Containers.Engine.Events;

/// <summary>Records of <see cref="EventFile"/> as text.</summary>
internal static class EventText
{
    private static readonly byte[] s_noTime = [.. Enumerable.Repeat((byte)'0', EventFile.TimeDigits)];

    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A whole record, with zeros for the time.</summary>
    internal static byte[] Record(
        ContainerEventType type, string action, string id, string name, IEnumerable<KeyValuePair<string, string>> attributes)
    {
        ArrayBufferWriter<byte> json = new(512);
        using (Utf8JsonWriter writer = new(json, s_options))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, type.ToString());
            writer.WriteString("action"u8, action);
            WriteSubject(writer, id, name, attributes);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        // The time is filled in when the record is written, under the lock: always as many digits, at the same place.
        return [.. EventFile.Begin, .. s_noTime, (byte)',', .. json.WrittenSpan[1..], (byte)'\n'];
    }

    /// <summary>
    /// What a monitor puts behind its action: <c>"id":"…","name":"…","attributes":{"image":"…"</c>. It adds attributes, and closes both objects.
    /// </summary>
    internal static string Subject(string id, string name, IEnumerable<KeyValuePair<string, string>> attributes)
    {
        ArrayBufferWriter<byte> json = new(512);
        using Utf8JsonWriter writer = new(json, s_options);
        writer.WriteStartObject();
        WriteSubject(writer, id, name, attributes);
        writer.Flush();
        return Encoding.UTF8.GetString(json.WrittenSpan[1..]);
    }

    /// <summary>One line, of which only the last record counts: what is before it is half a record.</summary>
    /// <returns>Null for what is no record.</returns>
    internal static ContainerEvent? TryParse(ReadOnlySpan<byte> line)
    {
        int start = line.LastIndexOf(EventFile.Begin);
        if (start < 0)
        {
            return null;
        }

        try
        {
            Utf8JsonReader reader = new(line[start..]);
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            JsonElement root = document.RootElement;
            if (!root.GetProperty("time"u8).TryGetInt64(out long time)
                || !Enum.TryParse(root.GetProperty("type"u8).GetString(), out ContainerEventType type)
                || !Enum.IsDefined(type) || Text(root, "action") is not { Length: > 0 } action)
            {
                return null;
            }

            return new ContainerEvent
            {
                Time = DateTimeOffset.UnixEpoch.AddTicks(time / 100),
                UnixTimeNanoseconds = time,
                Type = type,
                Action = action,
                Id = Text(root, "id"),
                Name = Text(root, "name"),
                Attributes = Attributes(root),
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentOutOfRangeException)
        {
            return null; // Half a record, or none of ours. (InvalidOperation: bytes that are no UTF-8 in a text.)
        }
    }

    private static string Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static SortedDictionary<string, string> Attributes(JsonElement root)
    {
        SortedDictionary<string, string> attributes = new(StringComparer.Ordinal);
        if (root.TryGetProperty("attributes"u8, out JsonElement all) && all.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty one in all.EnumerateObject())
            {
                attributes[one.Name] = one.Value.ToString();
            }
        }

        return attributes;
    }

    private static void WriteSubject(Utf8JsonWriter json, string id, string name, IEnumerable<KeyValuePair<string, string>> attributes)
    {
        json.WriteString("id"u8, id);
        json.WriteString("name"u8, name);
        json.WriteStartObject("attributes"u8);
        foreach ((string key, string value) in attributes)
        {
            json.WriteString(key, value);
        }
    }
}
