using System.Collections;
using System.Management.Automation;

namespace Containers.Cmdlets;

/// <summary>Parameters of keys and values, as <see cref="MapTransformationAttribute"/> made them.</summary>
public abstract partial class ContainersCmdlet
{
    /// <summary>Bare keys have no value; they were refused or made empty at the parameter.</summary>
    private protected static Dictionary<string, string> Map(IDictionary? map)
    {
        Dictionary<string, string> result = new(StringComparer.Ordinal);
        foreach ((string key, string? value) in Entries(map))
        {
            result[key] = value ?? "";
        }

        return result;
    }

    private protected static Dictionary<string, string?> Entries(IDictionary? map) => map as Dictionary<string, string?> ?? [];

    /// <summary>Whether all labels that are wanted are there; wildcards match values, a bare key any value.</summary>
    internal static bool HasLabels(IReadOnlyDictionary<string, string> labels, IDictionary? wanted) =>
        Entries(wanted).All(each => labels.TryGetValue(each.Key, out string? has)
            && (each.Value is null || WildcardPattern.Get(each.Value, WildcardOptions.CultureInvariant).IsMatch(has)));
}
