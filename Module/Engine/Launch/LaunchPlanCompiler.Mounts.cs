using System.Globalization;
using System.Text;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Engine.Launch;

/// <summary>
/// What the user has mounted. A source is resolved once and is a descriptor from then on; a target is resolved once inside the root, and the
/// mount is moved onto that very descriptor (security.md S9). No path is walked a second time, so nobody can change what it means.
/// </summary>
internal sealed partial class LaunchPlanCompiler
{
    private static readonly string[] s_writable = ["/run", "/tmp", "/var/tmp"];

    private readonly Dictionary<MountSpec, int> _clones = [];

    /// <summary>What the mount's own flags are.</summary>
    internal static uint Attributes(MountSpec mount) =>
        (mount.ReadOnly || mount.Type == MountType.Image ? Libc.MOUNT_ATTR_RDONLY : 0)
        | (mount.NoSuid ? Libc.MOUNT_ATTR_NOSUID : 0)
        | (mount.NoDev ? Libc.MOUNT_ATTR_NODEV : 0)
        | (mount.NoExec ? Libc.MOUNT_ATTR_NOEXEC : 0);

    /// <summary>All of them, what is nearer to the root first: a target may lie in another mount.</summary>
    private List<PlannedMount> Mounts()
    {
        IEnumerable<PlannedMount> all = _input.Mounts;
        if (_spec.Storage.ReadOnly && _spec.Storage.ReadOnlyTmpfs)
        {
            all = all.Concat(s_writable.Where(path => !MountsAt(path)).Select(path => PlannedMount.Tmpfs(MountSpec.Tmpfs(path))));
        }

        return [.. all.OrderBy(mount => mount.Spec.Target.Count(c => c == '/')).ThenBy(mount => mount.Spec.Target, StringComparer.Ordinal)];
    }

    private bool MountsAt(string target) => _input.Mounts.Any(mount => mount.Spec.Target == target);

    /// <summary>
    /// A mount that stays connected with the host's must be cloned while this namespace still is. Everything else comes after, so that it is
    /// private by itself.
    /// </summary>
    private void CloneConnectedMounts()
    {
        foreach (PlannedMount mount in _input.Mounts.Where(mount => mount.Spec.SeesHostMounts))
        {
            int slot = Slot.FirstClone + _clones.Count;
            _clones[mount.Spec] = slot;
            Clone(mount, slot);
        }
    }

    private void MountAll()
    {
        foreach (PlannedMount mount in Mounts())
        {
            if (!_clones.TryGetValue(mount.Spec, out int slot))
            {
                slot = Slot.Mount;
                if (mount.IsFileSystem)
                {
                    _steps.AddRange(mount.Source);
                }
                else
                {
                    Clone(mount, slot);
                }
            }

            Configure(mount, slot);
            Add(LaunchSteps.OpenMountPoint(mount.Spec.Target, slot));
            Attach(slot, mount.Spec.Target);
            Add(new LaunchStep(PlanOpcode.CloseSlot, mount.Spec.Target, "") { Slot = slot });
        }
    }

    private void Clone(PlannedMount mount, int slot)
    {
        _steps.AddRange(mount.Source);
        if (mount.Spec.SubPath is { } path)
        {
            Add(LaunchSteps.OpenBeneath(Slot.Source, Slot.Source, path, links: true, Name(mount.Spec)));
        }

        Add(LaunchSteps.CloneTree(slot, Slot.Source, recursive: !mount.Spec.NonRecursive, Name(mount.Spec)));
        Add(new LaunchStep(PlanOpcode.CloseSlot, Name(mount.Spec), "") { Slot = Slot.Source });
    }

    private void Configure(PlannedMount mount, int slot)
    {
        MountSpec spec = mount.Spec;
        if (spec.IdMap is { } map)
        {
            Add(LaunchSteps.MakeUserNamespace(Slot.UserNamespace, Lines(map.Users), Lines(map.Groups)));
            Add(LaunchSteps.MapOwners(slot, Slot.UserNamespace, recursive: !spec.NonRecursive, spec.Target));
            Add(new LaunchStep(PlanOpcode.CloseSlot, spec.Target, "") { Slot = Slot.UserNamespace });
        }

        if (!mount.IsFileSystem && Attributes(spec) is uint attributes and not 0)
        {
            Add(LaunchSteps.SetMountAttributes(slot, attributes, recursive: true, spec.Target));
        }

        if (spec.SeesHostMounts)
        {
            bool slave = spec.Propagation is MountPropagation.RSlave or MountPropagation.Slave;
            Add(LaunchSteps.SetPropagation(
                slot, slave ? Libc.MS_SLAVE : Libc.MS_SHARED,
                recursive: spec.Propagation is MountPropagation.RSlave or MountPropagation.RShared, spec.Target));
        }
    }

    /// <summary>uid_map: first id inside, first id outside, count. Inside is what the disk has, outside what is seen.</summary>
    private static string Lines(IReadOnlyList<IdRange> ranges)
    {
        StringBuilder text = new();
        foreach (IdRange range in ranges)
        {
            text.Append(CultureInfo.InvariantCulture, $"{range.Stored} {range.Seen} {range.Count}\n");
        }

        return text.ToString();
    }

    private static string Name(MountSpec mount) => mount.Type == MountType.Bind ? mount.Source : $"{mount.Type.ToString().ToLowerInvariant()} \"{mount.Source}\"";
}
