namespace Containers.Engine.Cgroups.V2;

/// <summary>
/// Where in the v2 tree our groups begin: the top of what is mounted when it is ours to write; else (a user's delegated
/// subtree) the parent of the cgroup this process is in.
/// </summary>
internal sealed class UnifiedBase
{
    private readonly CgroupMount _mount;
    private readonly Lazy<(string Directory, bool Writable)> _place;
    private readonly Lazy<IReadOnlySet<string>> _controllers;

    /// <param name="ownCgroup">Gives the text of /proc/self/cgroup.</param>
    internal UnifiedBase(CgroupMount mount, Func<string> ownCgroup)
    {
        _mount = mount;
        _place = new(() => Find(mount, ownCgroup));
        _controllers = new(() => Names(CgroupFile.TryRead($"{Directory}/cgroup.controllers")));
    }

    internal string Directory => _place.Value.Directory;

    /// <summary>The controllers that may be given to groups below.</summary>
    internal IReadOnlySet<string> Controllers => _controllers.Value;

    internal void RequireWritable()
    {
        if (!_place.Value.Writable)
        {
            throw CgroupErrors.NotWritable(_mount.MountPoint);
        }
    }

    internal static IReadOnlySet<string> Names(string? text) =>
        (text ?? string.Empty).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).ToHashSet();

    private static (string Directory, bool Writable) Find(CgroupMount mount, Func<string> ownCgroup)
    {
        if (mount.IsReadOnly)
        {
            return (mount.MountPoint, false);
        }

        // cgroup.procs and not the directory decides: moving a process needs write access to the common ancestor's.
        if (CgroupFile.IsWritable($"{mount.MountPoint}/cgroup.procs"))
        {
            return (mount.MountPoint, true);
        }

        return Own(mount, ownCgroup()) is { } own && Path.GetDirectoryName(own) is { } parent
            && parent.StartsWith(mount.MountPoint, StringComparison.Ordinal) && CgroupFile.IsWritable($"{parent}/cgroup.procs")
                ? (parent, true)
                : (mount.MountPoint, false);
    }

    /// <summary>The directory of our own cgroup, when it is below what is mounted.</summary>
    private static string? Own(CgroupMount mount, string text)
    {
        string? path = text.Split('\n').FirstOrDefault(l => l.StartsWith("0::/", StringComparison.Ordinal))?[3..];
        string root = mount.Root == "/" ? string.Empty : mount.Root;
        return path is not null && path.StartsWith(root + "/", StringComparison.Ordinal) && !path.Contains("/..", StringComparison.Ordinal)
            ? mount.MountPoint + path[root.Length..].TrimEnd('/')
            : null;
    }
}
