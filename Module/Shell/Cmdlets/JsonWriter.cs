using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Containers.Shell.Cmdlets;

/// <summary>Objects of a pipeline as JSON, to a depth; what lies deeper is written as text.</summary>
internal sealed class JsonWriter(int depth, bool enumsAsStrings) : IDisposable
{
    private readonly MemoryStream _stream = new();

    /// <summary>Something lay deeper than the depth.</summary>
    internal bool Truncated { get; private set; }

    public void Dispose() => _stream.Dispose();

    internal string Write(object? value, bool compress)
    {
        JsonWriterOptions options = new() { Indented = !compress, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };
        using (Utf8JsonWriter json = new(_stream, options))
        {
            Write(json, value, 0);
        }

        return System.Text.Encoding.UTF8.GetString(_stream.ToArray());
    }

    private void Write(Utf8JsonWriter json, object? value, int level)
    {
        PSObject? wrapper = value as PSObject;
        object? plain = wrapper is null ? value : wrapper.BaseObject;
        switch (plain)
        {
            case null: json.WriteNullValue(); return;
            case string text: json.WriteStringValue(text); return;
            case char letter: json.WriteStringValue(letter.ToString()); return;
            case bool truth: json.WriteBooleanValue(truth); return;
            case SwitchParameter flag: json.WriteBooleanValue(flag); return;
            case double number when !double.IsFinite(number): json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture)); return;
            case float number when !float.IsFinite(number): json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture)); return;
            case Enum named when enumsAsStrings: json.WriteStringValue(named.ToString()); return;
            case Enum named: json.WriteRawValue(named.ToString("D")); return;
            case double number: json.WriteRawValue(Decimal(number.ToString("R", CultureInfo.InvariantCulture))); return;
            case float number: json.WriteRawValue(Decimal(number.ToString("R", CultureInfo.InvariantCulture))); return;
            case byte or sbyte or short or ushort or int or uint or long or ulong or decimal or System.Numerics.BigInteger:
                json.WriteRawValue(((IFormattable)plain).ToString(null, CultureInfo.InvariantCulture));
                return;
            case DateTime date: json.WriteStringValue(date); return;
            case DateTimeOffset date: json.WriteStringValue(date); return;
            case Guid or Uri or Version or Type or ScriptBlock: json.WriteStringValue(plain.ToString()); return;
            default: break;
        }

        if (level > depth)
        {
            Truncated = true;
            json.WriteStringValue(LanguagePrimitives.ConvertTo<string>(value));
            return;
        }

        if (plain is IDictionary table)
        {
            json.WriteStartObject();
            foreach (DictionaryEntry entry in table)
            {
                json.WritePropertyName(LanguagePrimitives.ConvertTo<string>(entry.Key));
                Write(json, entry.Value, level + 1);
            }

            json.WriteEndObject();
            return;
        }

        if (plain is IEnumerable list)
        {
            json.WriteStartArray();
            foreach (object? item in list)
            {
                Write(json, item, level + 1);
            }

            json.WriteEndArray();
            return;
        }

        json.WriteStartObject();
        foreach (PSPropertyInfo property in (wrapper ?? PSObject.AsPSObject(plain)).Properties)
        {
            object? item;
            try
            {
                item = property.Value;
            }
            catch (GetValueException)
            {
                // A getter that throws is written as null, as pwsh does.
                item = null;
            }

            json.WritePropertyName(property.Name);
            Write(json, item, level + 1);
        }

        json.WriteEndObject();
    }

    /// <summary>1 as a floating point number is 1.0, so that it comes back as one.</summary>
    private static string Decimal(string number) => number.AsSpan().IndexOfAny('.', 'E') < 0 ? number + ".0" : number;
}
