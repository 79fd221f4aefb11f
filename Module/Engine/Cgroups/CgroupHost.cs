using Containers.Engine.Cgroups.V1;
using Containers.Engine.Cgroups.V2;
using Containers.Engine.Linux;

namespace Containers.Engine.Cgroups;

/// <summary>How this host mounts cgroups. Made once per session: the tables of the kernel are read here and not again.</summary>
internal sealed class CgroupHost
{
    private const string SystemdHierarchy = "name=systemd";

    private readonly IReadOnlyList<CgroupMount> _v1;
    private readonly CgroupMount? _unified;
    private readonly CgroupMount? _systemd;
    private readonly UnifiedBase? _base;
    private readonly Func<string> _ownCgroup;

    private CgroupHost(IReadOnlyList<CgroupMount> mounts, Func<string> ownCgroup)
    {
        // A named hierarchy (name=systemd) limits nothing: a host with only that beside v2 is a v2 host.
        _v1 = mounts.Any(m => m.Controllers.Any(IsReal)) ? [.. mounts.Where(m => !m.IsV2)] : [];
        _unified = mounts.FirstOrDefault(m => m.IsV2);
        _systemd = mounts.FirstOrDefault(m => m.Controllers.Contains(SystemdHierarchy));
        _ownCgroup = ownCgroup;
        _base = _unified is null ? null : new UnifiedBase(_unified, ownCgroup);
        Version = (_v1.Count > 0, _unified is not null) switch
        {
            (true, true) => CgroupVersion.Hybrid,
            (true, false) => CgroupVersion.V1,
            (false, true) => CgroupVersion.V2,
            _ => CgroupVersion.None,
        };
    }

    internal CgroupVersion Version { get; }

    /// <summary>The controllers that can be used on this host, by their kernel names; v1 blkio is v2 io.</summary>
    internal IReadOnlySet<string> Controllers =>
        Version == CgroupVersion.V2 ? _base!.Controllers : _v1.SelectMany(m => m.Controllers).Where(IsReal).ToHashSet();

    internal static CgroupHost Detect() =>
        Detect(File.ReadAllText("/proc/self/mountinfo"), () => File.ReadAllText("/proc/self/cgroup"));

    /// <param name="mountInfo">The text of /proc/self/mountinfo.</param>
    /// <param name="ownCgroup">Gives the text of /proc/self/cgroup.</param>
    internal static CgroupHost Detect(string mountInfo, Func<string> ownCgroup) => new(CgroupMount.ParseAll(mountInfo), ownCgroup);

    /// <param name="group">Relative to the top of the tree, for example "pwsh-containers/0123abcd".</param>
    /// <exception cref="EngineException">InvalidCgroupPath.</exception>
    internal ICgroup Get(string group)
    {
        Check(group);
        return Version switch
        {
            CgroupVersion.V2 => new CgroupV2(_base!, group),
            CgroupVersion.V1 or CgroupVersion.Hybrid => new CgroupV1(_v1, _unified is { IsReadOnly: false } ? _unified : null, group),
            _ => new NoCgroup(),
        };
    }

    /// <summary>
    /// Removes a group and nothing that is in use: for the common parent of all containers when the last one has gone.
    /// </summary>
    /// <returns>True when it is gone from every hierarchy.</returns>
    internal bool RemoveEmpty(string group)
    {
        Check(group);
        bool gone = true;
        IEnumerable<string> directories = Version == CgroupVersion.V2
            ? [$"{_base!.Directory}/{group}"]
            : _v1.Append(_unified).OfType<CgroupMount>().Select(m => m.Directory(group));
        foreach (string directory in directories.Concat(_systemd is null ? [] : [_systemd.Directory(group)]))
        {
            gone &= CgroupFile.RemoveDirectory(directory) is 0 or Errno.ENOENT;
        }

        return gone;
    }

    /// <summary>
    /// The cgroup.procs files through which a process leaves the systemd unit that this process is in, a login session for example:
    /// those of a group of ours in the hierarchies by which systemd knows what belongs to a unit. Empty when there is no such unit.
    /// </summary>
    /// <param name="group">Relative to the top of the tree. Need not exist.</param>
    internal IReadOnlyList<string> FilesOutsideUnit(string group)
    {
        Check(group);
        string[] own = _ownCgroup().Split('\n');
        List<string> files = [];
        if (_unified is { IsReadOnly: false } && IsInUnit(own, "0::"))
        {
            string top = Version == CgroupVersion.V2 ? _base!.Directory : _unified.MountPoint;
            files.Add($"{top}/{group}/cgroup.procs");
        }

        if (_systemd is { IsReadOnly: false } && IsInUnit(own, $":{SystemdHierarchy}:"))
        {
            files.Add($"{_systemd.Directory(group)}/cgroup.procs");
        }

        return files;
    }

    /// <summary>Units that systemd ends as a whole are scopes and services; they lie in slices (systemd.slice(5)). PID 1's own does not.</summary>
    private static bool IsInUnit(string[] own, string hierarchy)
    {
        string? line = own.FirstOrDefault(l => l.Contains(hierarchy, StringComparison.Ordinal));
        string[] parts = line?[(line.IndexOf(hierarchy, StringComparison.Ordinal) + hierarchy.Length)..].Split('/') ?? [];
        return parts.Any(p => p.EndsWith(".slice", StringComparison.Ordinal))
            && parts.Any(p => p.EndsWith(".scope", StringComparison.Ordinal) || p.EndsWith(".service", StringComparison.Ordinal));
    }

    private static bool IsReal(string controller) => !controller.StartsWith("name=", StringComparison.Ordinal);

    private static void Check(string group)
    {
        // cgroup.* names are the kernel's; a group must not be mistaken for a file.
        foreach (string part in group.Split('/'))
        {
            if (part.Length is 0 or > 255 || part is "." or ".." || part.StartsWith("cgroup.", StringComparison.Ordinal)
                || part.Any(char.IsControl))
            {
                throw new EngineException(
                    EngineErrorKind.InvalidArgument,
                    "InvalidCgroupPath",
                    $"'{group}' is not a usable cgroup path.",
                    group,
                    "Give names separated by single slashes, without '..'.");
            }
        }
    }
}
