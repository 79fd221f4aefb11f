using System.Collections;
using System.Management.Automation;
using Containers.Engine;

namespace Containers.Cmdlets;

/// <summary>What the argument transformations share.</summary>
internal static class Conversions
{
    /// <summary>The value without PowerShell's wrapping.</summary>
    internal static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    /// <summary>As PowerShell writes it in scripts: invariant, so that 1.5 is "1.5" everywhere.</summary>
    internal static string Text(object? value) => LanguagePrimitives.ConvertTo<string>(value) ?? "";

    /// <summary>The elements of an array or list; a single value as one element.</summary>
    internal static IEnumerable<object?> Elements(object value) =>
        value is IEnumerable list and not string and not IDictionary ? list.Cast<object?>().Select(Unwrap) : [value];

    /// <summary>
    /// The binder shows the message after "Cannot process argument transformation on parameter ..."; the id is on the inner one.
    /// </summary>
    internal static ArgumentTransformationMetadataException Refuse(EngineException reason) =>
        new(reason.Action is null ? reason.Message : reason.Message + " " + reason.Action, reason);
}
