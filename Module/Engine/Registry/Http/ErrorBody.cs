using System.Text;
using System.Text.Json;

namespace Containers.Engine.Registry.Http;

/// <summary>What a registry says of a failure: {"errors":[{"code","message"}]} (OCI distribution specification, "Error Codes").</summary>
internal sealed class ErrorBody
{
    private const int MaximumSize = 64 << 10;
    private const int MaximumErrors = 3;
    private const int MaximumText = 200;

    private readonly List<string> _codes = [];
    private readonly List<string> _messages = [];

    private ErrorBody()
    {
    }

    /// <summary>" (it says: ...)", or nothing; short, on one line, without control characters.</summary>
    internal string Words => _messages.Count == 0 ? "" : $" (it says: {string.Join("; ", _messages)})";

    internal bool Has(string code) => _codes.Contains(code);

    /// <summary>The failure is known already, so that a body that cannot be read only makes the message shorter.</summary>
    internal static ErrorBody Read(RegistryAnswer answer)
    {
        ErrorBody body = new();
        try
        {
            body.Parse(answer.ReadAtMost(MaximumSize));
        }
        catch (Exception e) when (e is JsonException or IOException or InvalidOperationException or EngineException)
        {
            body._messages.Clear();
        }

        return body;
    }

    internal static string Clean(string text)
    {
        StringBuilder clean = new();
        foreach (Rune rune in text.EnumerateRunes())
        {
            clean.Append(Rune.IsControl(rune) ? " " : rune.ToString());
            if (clean.Length >= MaximumText)
            {
                return clean.Append("...").ToString();
            }
        }

        return clean.ToString().Trim().TrimEnd('.');
    }

    private void Parse(byte[] bytes)
    {
        using JsonDocument document = JsonDocument.Parse(bytes,
            new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 16 });
        JsonElement root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        if (root.TryGetProperty("errors", out JsonElement errors) && errors.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement error in errors.EnumerateArray().Take(MaximumErrors).Where(e => e.ValueKind == JsonValueKind.Object))
            {
                string code = Text(error, "code");
                string message = Text(error, "message");
                _codes.Add(code);
                _messages.Add(Clean(message.Length > 0 ? message : code));
            }
        }

        // Token servers: RFC 6749, section 5.2, and docker's own "details".
        foreach (string name in (string[])["error_description", "details", "message"])
        {
            if (_messages.Count == 0 && Text(root, name) is { Length: > 0 } text)
            {
                _messages.Add(Clean(text));
            }
        }

        _messages.RemoveAll(m => m.Length == 0);
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() ?? "" : "";
}
