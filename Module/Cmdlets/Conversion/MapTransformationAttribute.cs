using System.Collections;
using System.Management.Automation;
using Containers.Engine;

namespace Containers.Cmdlets;

/// <summary>What a key without a value means in a map that is given as text.</summary>
internal enum BareKey
{
    Refused,

    /// <summary>The value is the empty string, as in docker's <c>--label key</c>.</summary>
    Empty,

    /// <summary>The value is null: for the environment "take it from the caller", for a filter "any value".</summary>
    Null,
}

/// <summary>Lets a parameter of keys and values take a hashtable as well as text: 'key=value', one or many.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class MapTransformationAttribute : ArgumentTransformationAttribute
{
    public BareKey Bare { get; set; }

    /// <summary>Also a key and a value with this between, as in docker's <c>/dev/sda:10mb</c>.</summary>
    public char OtherSeparator { get; set; } = '=';

    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = Conversions.Unwrap(inputData);
        if (value is null)
        {
            return null!;
        }

        Dictionary<string, string?> map = new(StringComparer.Ordinal);
        foreach (object? element in Conversions.Elements(value))
        {
            if (element is IDictionary table)
            {
                foreach (DictionaryEntry entry in table)
                {
                    Add(map, Conversions.Text(entry.Key), entry.Value is null ? null : Conversions.Text(entry.Value));
                }
            }
            else
            {
                AddText(map, Conversions.Text(element));
            }
        }

        return map;
    }

    private void AddText(Dictionary<string, string?> map, string text)
    {
        int split = text.IndexOf('=', StringComparison.Ordinal);
        split = split < 0 ? text.LastIndexOf(OtherSeparator) : split;
        if (split < 0)
        {
            Add(map, text, null);
        }
        else
        {
            Add(map, text[..split], text[(split + 1)..]);
        }
    }

    private void Add(Dictionary<string, string?> map, string key, string? value)
    {
        if (key.Length == 0 || (value is null && Bare == BareKey.Refused))
        {
            throw Conversions.Refuse(new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidMap", $"\"{key}\" has no {(key.Length == 0 ? "key" : "value")}.", key,
                "Give a hashtable such as @{key = 'value'}, or text such as 'key=value'."));
        }

        map[key] = value ?? (Bare == BareKey.Empty ? "" : null);
    }
}
