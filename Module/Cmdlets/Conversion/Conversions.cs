using System.Collections;
using System.Management.Automation;
using Containers.Engine;

namespace Containers.Cmdlets;

/// <summary>What the argument transformations share.</summary>
internal static class Conversions
{
    /// <summary>Fields of docker's words that have no value.</summary>
    private static readonly string[] s_flags = ["ro", "rw", "readonly"];

    /// <summary>The value without PowerShell's wrapping.</summary>
    internal static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    /// <summary>As PowerShell writes it in scripts: invariant, so that 1.5 is "1.5" everywhere.</summary>
    internal static string Text(object? value) => LanguagePrimitives.ConvertTo<string>(value) ?? "";

    /// <summary>The elements of an array or list; a single value as one element.</summary>
    internal static IEnumerable<object?> Elements(object value) =>
        value is IEnumerable list and not string and not IDictionary ? list.Cast<object?>().Select(Unwrap) : [value];

    /// <summary>
    /// What docker writes as one word, type=tar,dest=PATH, is an array at PowerShell's prompt when it has no quotes: fields go back to the word before,
    /// up to the next that begins one, or has a field a second time.
    /// </summary>
    internal static IEnumerable<object?> Rejoin(IEnumerable<object?> elements)
    {
        string? word = null;
        foreach (object? element in elements)
        {
            if (word is not null && element is string next && IsField(next, out string name) && !HasField(word, name))
            {
                word += "," + next;
                continue;
            }

            if (word is not null)
            {
                yield return word;
            }

            word = element is string text && IsField(text, out _) ? text : null;
            if (word is null)
            {
                yield return element;
            }
        }

        if (word is not null)
        {
            yield return word;
        }
    }

    private static bool IsField(string text, out string name)
    {
        int end = text.IndexOfAny(['=', ',']);
        name = end > 0 ? text[..end] : text;
        return end > 0 && text[end] == '=' ? name.All(char.IsAsciiLetter) : s_flags.Contains(text);
    }

    private static bool HasField(string word, string name) =>
        word.Split(',').Any(field => field.Split('=')[0].Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// The binder shows the message after "Cannot process argument transformation on parameter ..."; the id is on the inner one.
    /// </summary>
    internal static ArgumentTransformationMetadataException Refuse(EngineException reason) =>
        new(reason.Action is null ? reason.Message : reason.Message + " " + reason.Action, reason);
}
