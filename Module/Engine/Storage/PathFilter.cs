using System.Text;

namespace Containers.Engine.Storage;

/// <summary>How a path stands to the paths that were asked for.</summary>
internal enum PathMatch
{
    Outside,

    /// <summary>Something below it was asked for.</summary>
    Above,

    Inside,
}

/// <summary>Restricts a walk to some paths and what is below them.</summary>
internal sealed class PathFilter
{
    private readonly List<byte[]>? _paths;

    /// <param name="paths">Absolute, or relative to the root; null for everything.</param>
    internal PathFilter(IReadOnlyList<string>? paths)
    {
        _paths = paths is null
            ? null
            : [.. paths.Select(path => Encoding.UTF8.GetBytes(string.Join('/', path.Split('/', StringSplitOptions.RemoveEmptyEntries))))];
    }

    /// <param name="path">Relative to the root, without slashes at its ends.</param>
    internal PathMatch Match(ReadOnlySpan<byte> path)
    {
        if (_paths is null)
        {
            return PathMatch.Inside;
        }

        PathMatch best = PathMatch.Outside;
        foreach (byte[] wanted in _paths)
        {
            if (Holds(wanted, path))
            {
                return PathMatch.Inside;
            }

            best = Holds(path, wanted) ? PathMatch.Above : best;
        }

        return best;
    }

    private static bool Holds(ReadOnlySpan<byte> directory, ReadOnlySpan<byte> path) =>
        directory.IsEmpty || (path.StartsWith(directory) && (path.Length == directory.Length || path[directory.Length] == '/'));
}
