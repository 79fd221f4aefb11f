using System.Text.Json;

namespace Containers.Engine.Building.Syntax;

/// <summary>The array form of an instruction's arguments.</summary>
internal static class JsonArray
{
    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 256 };

    /// <summary>The strings, or null where the text is no JSON array, which makes it a text for the shell.</summary>
    /// <param name="mixed">It is an array, but not of strings only.</param>
    internal static IReadOnlyList<string>? TryRead(ReadOnlySpan<char> text, out bool mixed)
    {
        mixed = false;
        text = text.TrimStart();
        if (!text.StartsWith('['))
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text.ToString(), s_options);
            List<string> all = [];
            foreach (JsonElement element in document.RootElement.EnumerateArray())
            {
                if (element.ValueKind != JsonValueKind.String)
                {
                    mixed = true;
                    return null;
                }

                all.Add(element.GetString()!);
            }

            return all;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            return null; // "[" is also a command of the shell. (An escaped half of a surrogate pair is none of the two others.)
        }
    }
}
