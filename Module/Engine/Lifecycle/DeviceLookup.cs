using Containers.Engine.Cgroups;
using Containers.Engine.Launch;
using Containers.Engine.Linux;

namespace Containers.Engine.Lifecycle;

/// <summary>Finds the numbers of the host's devices, and the rules that let a container use them.</summary>
internal static unsafe class DeviceLookup
{
    private static readonly string[] s_notDevices = ["pts", "shm", "mqueue", "fd", "hugepages", "console", "ptmx"];

    /// <summary>What every container may do: make nodes (the driver still refuses), and use the harmless ones (security.md, section 1).</summary>
    private static readonly DeviceRule[] s_defaults =
    [
        new('c', -1, -1, "m", true), new('b', -1, -1, "m", true), new('c', 1, 3, "rwm", true), new('c', 1, 5, "rwm", true),
        new('c', 1, 7, "rwm", true), new('c', 1, 8, "rwm", true), new('c', 1, 9, "rwm", true), new('c', 5, 0, "rwm", true),
        new('c', 5, 1, "rwm", true), new('c', 5, 2, "rwm", true), new('c', 136, -1, "rwm", true),
    ];

    /// <returns>The nodes to make and the cgroup's rules; no rules at all for a privileged container.</returns>
    /// <exception cref="EngineException">DeviceNotFound, NotADevice.</exception>
    internal static (List<DeviceNode> Nodes, List<DeviceRule> Rules) Find(SecuritySpec security)
    {
        List<DeviceNode> nodes = [];
        List<DeviceRule> rules = security.Privileged ? [] : [.. s_defaults];
        foreach (DeviceSpec device in security.Devices)
        {
            foreach (DeviceNode node in Expand(device))
            {
                nodes.Add(node);
                if (!security.Privileged)
                {
                    rules.Add(new DeviceRule(node.Type, node.Major, node.Minor, device.Access, true));
                }
            }
        }

        if (security.Privileged)
        {
            nodes.AddRange(AllOfHost().Where(node => !nodes.Exists(other => other.Target == node.Target)));
        }
        else
        {
            rules.AddRange(security.DeviceRules);
        }

        return (nodes, rules);
    }

    private static IEnumerable<DeviceNode> Expand(DeviceSpec device)
    {
        if (Directory.Exists(device.Source))
        {
            return Directory.EnumerateFiles(device.Source)
                .Select(path => TryRead(path, device.Target.TrimEnd('/') + "/" + Path.GetFileName(path)))
                .OfType<DeviceNode>();
        }

        if (!Files.TryIdentify(device.Source, out _))
        {
            throw new EngineException(
                EngineErrorKind.ObjectNotFound, "DeviceNotFound", $"This host has no device \"{device.Source}\".", device.Source,
                "Check the path, and that the driver is loaded.");
        }

        return
        [
            TryRead(device.Source, device.Target) ?? throw new EngineException(
                EngineErrorKind.InvalidArgument, "NotADevice", $"\"{device.Source}\" is no device.", device.Source, "Pass a path below /dev."),
        ];
    }

    private static IEnumerable<DeviceNode> AllOfHost()
    {
        foreach (string path in Directory.EnumerateFileSystemEntries("/dev", "*", new EnumerationOptions { AttributesToSkip = 0 }))
        {
            string name = Path.GetFileName(path);
            if (!s_notDevices.Contains(name) && name is not ("null" or "zero" or "full" or "random" or "urandom" or "tty")
                && TryRead(path, path) is { } node)
            {
                yield return node;
            }
        }
    }

    private static DeviceNode? TryRead(string path, string target)
    {
        Libc.statx_t status;
        fixed (byte* native = NativePath.From(path))
        {
            if (Libc.statx(Libc.AT_FDCWD, native, path == target ? Libc.AT_SYMLINK_NOFOLLOW : 0, Libc.STATX_BASIC_STATS, &status) < 0)
            {
                return null;
            }
        }

        uint kind = status.stx_mode & Libc.S_IFMT;
        return kind is Libc.S_IFCHR or Libc.S_IFBLK
            ? new DeviceNode(target, kind == Libc.S_IFBLK ? 'b' : 'c', status.stx_rdev_major, status.stx_rdev_minor, status.stx_mode & 0xFFFu)
            : null;
    }
}
