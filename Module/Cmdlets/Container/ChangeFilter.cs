using System.Management.Automation;
using Containers.Engine.Storage;

namespace Containers.Cmdlets;

/// <summary>Which changes are wanted. A file system knows upper from lower case, and so do the patterns.</summary>
internal sealed class ChangeFilter(ChangeKind[] kinds, string[] paths)
{
    private readonly WildcardPattern[] _paths = [.. paths.Select(path => WildcardPattern.Get(path, WildcardOptions.CultureInvariant))];

    internal IEnumerable<ContainerChange> Apply(IEnumerable<ContainerChange> changes) =>
        changes.Where(change => (kinds.Length == 0 || kinds.Contains(change.Kind))
            && (_paths.Length == 0 || _paths.Any(path => path.IsMatch(change.Path))));
}
