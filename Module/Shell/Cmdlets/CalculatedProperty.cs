using System.Collections;
using System.Management.Automation;
using Microsoft.PowerShell.Commands;

namespace Containers.Shell.Cmdlets;

/// <summary>
/// One value of -Property: a name, possibly with wildcards, a script block, or a hashtable with Expression, Name (Label) and,
/// for sorting, Descending.
/// </summary>
internal sealed record CalculatedProperty(PSPropertyExpression Expression, string? Label, bool? Descending)
{
    internal static CalculatedProperty[] Parse(PSCmdlet cmdlet, object[]? properties) =>
        [.. (properties ?? []).Select(p => Parse(cmdlet, p is PSObject wrapped ? wrapped.BaseObject : p))];

    /// <summary>Names and values for an object. A property it does not have gives nothing, a failing script block gives null.</summary>
    internal IEnumerable<(string Name, object? Value)> Values(PSObject target)
    {
        if (Expression.Script is not null || !Expression.HasWildCardCharacters)
        {
            // The list is empty when a property does not exist.
            List<PSPropertyExpressionResult> one = Expression.GetValues(target);
            yield return (Label ?? Expression.ToString(), one.Count == 0 || one[0].Exception is not null ? null : one[0].Result);
            yield break;
        }

        foreach (PSPropertyExpression name in Expression.ResolveNames(target))
        {
            foreach (PSPropertyExpressionResult value in name.GetValues(target))
            {
                yield return (Label ?? name.ToString(), value.Result);
            }
        }
    }

    internal object? Value(PSObject target) => Values(target).Select(v => v.Value).FirstOrDefault();

    private static CalculatedProperty Parse(PSCmdlet cmdlet, object property)
    {
        if (property is not IDictionary table)
        {
            return new(ToExpression(property), null, null);
        }

        PSPropertyExpression? expression = null;
        string? label = null;
        bool? descending = null;
        foreach (DictionaryEntry entry in table)
        {
            string key = entry.Key.ToString()!;
            object? value = entry.Value is PSObject wrapped ? wrapped.BaseObject : entry.Value;
            if (IsKey("expression", key) && value is not null)
            {
                expression = ToExpression(value);
            }
            else if (IsKey("name", key) || IsKey("label", key))
            {
                label = value?.ToString();
            }
            else if (IsKey("descending", key) || IsKey("ascending", key))
            {
                descending = LanguagePrimitives.IsTrue(value) == IsKey("descending", key);
            }
            else
            {
                throw Invalid(cmdlet, $"The key '{key}' is not known here. Use Name, Expression, Ascending or Descending.", property);
            }
        }

        return expression is null ? throw Invalid(cmdlet, "A calculated property needs the key Expression.", property)
            : new(expression, label, descending);
    }

    /// <summary>Keys may be shortened: n, l, e.</summary>
    private static bool IsKey(string name, string key) => key.Length > 0 && name.StartsWith(key, StringComparison.OrdinalIgnoreCase);

    private static PSPropertyExpression ToExpression(object value) =>
        value is ScriptBlock script
            ? new PSPropertyExpression(script)
            : new PSPropertyExpression(LanguagePrimitives.ConvertTo<string>(value));

    private static PSArgumentException Invalid(PSCmdlet cmdlet, string message, object target)
    {
        PSArgumentException error = new(message);
        cmdlet.ThrowTerminatingError(new ErrorRecord(error, "InvalidProperty", ErrorCategory.InvalidArgument, target));
        return error;
    }
}
