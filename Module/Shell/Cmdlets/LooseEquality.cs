using System.Management.Automation;

namespace Containers.Shell.Cmdlets;

/// <summary>PowerShell's idea of equal values and of their order; what cannot be compared is compared as text.</summary>
internal sealed class LooseEquality(bool ignoreCase) : IEqualityComparer<object?>, IComparer<object?>
{
    internal static LooseEquality CaseSensitive { get; } = new(ignoreCase: false);

    internal static LooseEquality Of(bool caseSensitive) => new(!caseSensitive);

    public new bool Equals(object? x, object? y) => LanguagePrimitives.Equals(x, y, ignoreCase);

    // Values of different types may be equal ("1" and 1): no hash code tells them apart.
    public int GetHashCode(object? obj) => 0;

    public int Compare(object? x, object? y)
    {
        if (LanguagePrimitives.TryCompare(x, y, ignoreCase, out int order))
        {
            return order;
        }

        return string.Compare(
            LanguagePrimitives.ConvertTo<string>(x),
            LanguagePrimitives.ConvertTo<string>(y),
            ignoreCase ? StringComparison.InvariantCultureIgnoreCase : StringComparison.InvariantCulture);
    }
}
