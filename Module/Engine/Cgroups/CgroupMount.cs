namespace Containers.Engine.Cgroups;

/// <summary>One mounted cgroup hierarchy, from a line of /proc/self/mountinfo (proc(5)).</summary>
internal sealed record CgroupMount
{
    /// <summary>Where it is mounted; what this process may see of the hierarchy begins here.</summary>
    internal required string MountPoint { get; init; }

    /// <summary>The directory of the hierarchy that is mounted: "/", or inside a container often a deeper one.</summary>
    internal required string Root { get; init; }

    internal required bool IsV2 { get; init; }

    internal required bool IsReadOnly { get; init; }

    /// <summary>v1: the controllers, and "name=…" of a named hierarchy. Empty on v2.</summary>
    internal required IReadOnlyList<string> Controllers { get; init; }

    internal string Directory(string group) => $"{MountPoint}/{group}";

    internal static List<CgroupMount> ParseAll(string mountInfo)
    {
        List<CgroupMount> mounts = [];
        foreach (ReadOnlySpan<char> line in mountInfo.AsSpan().EnumerateLines())
        {
            // Hundreds of overlay lines on a busy host: look at the type before splitting.
            if (line.Contains(" - cgroup", StringComparison.Ordinal) && Parse(line.ToString()) is { } mount)
            {
                mounts.Add(mount);
            }
        }

        // What is at the usual place comes first; others may be bind mounts for some container.
        return [.. mounts.OrderBy(m => m.MountPoint.StartsWith("/sys/fs/cgroup", StringComparison.Ordinal) ? 0 : 1)];
    }

    // 36 35 98:0 /root /mount/point rw,noatime master:1 - cgroup cgroup rw,memory
    private static CgroupMount? Parse(string line)
    {
        int separator = line.IndexOf(" - ", StringComparison.Ordinal);
        string[] left = line[..separator].Split(' ');
        string[] right = line[(separator + 3)..].Split(' ');
        if (left.Length < 6 || right.Length < 3 || right[0] is not ("cgroup" or "cgroup2"))
        {
            return null;
        }

        string[] options = right[2].Split(',');
        return new CgroupMount
        {
            Root = Unescape(left[3]),
            MountPoint = Unescape(left[4]),
            IsV2 = right[0] == "cgroup2",
            IsReadOnly = left[5].Split(',').Contains("ro") || options.Contains("ro"),
            Controllers = right[0] == "cgroup2" ? [] : [.. options.Where(IsController)],
        };
    }

    private static bool IsController(string option) =>
        option is not ("rw" or "ro" or "none" or "xattr" or "clone_children" or "noprefix" or "all" or "cpuset_v2_mode" or "favordynmods"
            or "nofavordynmods")
        && !option.StartsWith("release_agent=", StringComparison.Ordinal);

    /// <summary>Space, tab, line feed and backslash are written as three octal digits.</summary>
    private static string Unescape(string text)
    {
        int at = text.IndexOf('\\', StringComparison.Ordinal);
        return at < 0 || at + 4 > text.Length
            ? text
            : text[..at] + (char)Convert.ToInt32(text.Substring(at + 1, 3), 8) + Unescape(text[(at + 4)..]);
    }
}
