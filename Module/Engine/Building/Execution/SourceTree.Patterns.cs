using System.Text;
using Containers.Engine.Building.Context;
using Containers.Engine.Linux;
using Containers.Engine.Storage;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Building.Execution;

/// <content>Patterns.</content>
internal sealed unsafe partial class SourceTree
{
    private const int MaxDepth = 512;

    private const string AnyDirectories = "**";

    /// <param name="recursive">The first part in which "**" is any number of directories.</param>
    private void Expand(string path, List<string> parts, int next, int recursive, List<FoundSource> found)
    {
        if (next == parts.Count)
        {
            if (Locate(path) is { } source)
            {
                found.Add(source);
            }

            return;
        }

        string part = parts[next];
        if (next >= recursive && part.Contains(AnyDirectories, StringComparison.Ordinal))
        {
            // From here on buildkit has the rules of .dockerignore: what matches is copied with all that is in it, links as links.
            if (Locate(path) is { } start)
            {
                Walk(start.Path, "", new IgnoreRule(string.Join('/', parts.Skip(next)), isException: false), 0, found);
            }

            return;
        }

        if (!PathPattern.HasMeta(part))
        {
            Expand(Join(path, part), parts, next + 1, recursive, found);
            return;
        }

        _ = PathPattern.Match(part, ""); // A malformed one is an error, also where there is nothing to match.
        foreach (string name in Names(path).Where(name => PathPattern.Match(part, name)))
        {
            Expand(Join(path, name), parts, next + 1, recursive, found);
        }
    }

    /// <summary>Everything below a directory that matches; links are not followed, so that nothing is seen twice and none of them is a circle.</summary>
    /// <param name="below">The path from where the pattern begins.</param>
    private void Walk(string path, string below, IgnoreRule rule, int depth, List<FoundSource> found)
    {
        if (depth >= MaxDepth)
        {
            throw Images.ImageErrors.Limit($"the directory is deeper than {MaxDepth} levels", "Copy a part of it.");
        }

        foreach (string name in Names(path))
        {
            string inTree = Join(path, name);
            string shown = Join(below, name);
            bool isDirectory = Root.TryStat(inTree, out Libc.statx_t status, followLast: false) && TreeDirectory.IsDirectory(status);
            if (!Sees(inTree, isDirectory))
            {
                continue;
            }

            if (rule.MatchesPathOrParent(shown))
            {
                found.Add(new FoundSource(inTree, name));
            }
            else if (isDirectory && rule.MayMatchBelow(shown))
            {
                Walk(inTree, shown, rule, depth + 1, found);
            }
        }
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : path + "/" + name;

    private IEnumerable<string> Names(string path)
    {
        SafeFileHandle? directory;
        try
        {
            directory = Root.TryOpenFile(path.Length == 0 ? "." : path, Libc.O_RDONLY | Libc.O_DIRECTORY);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOTDIR)
        {
            return [];
        }

        if (directory is null)
        {
            return [];
        }

        using (directory)
        {
            return [.. TreeDirectory.Names((int)directory.DangerousGetHandle(), Encoding.UTF8.GetBytes(path))
                .Select(name => NativePath.ToText(name.AsSpan(0, name.Length - 1)))];
        }
    }
}
