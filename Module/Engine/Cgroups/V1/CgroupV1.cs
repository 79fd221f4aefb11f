using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Engine.Cgroups.V1;

/// <summary>
/// A container's cgroups where each controller has its own hierarchy. Joining costs, so only what is needed is made: pids and
/// memory always, devices for rules, the others when a limit asks. The unified directory of a hybrid host takes the place of
/// the freezer: the first process is born in it, and it kills and freezes.
/// </summary>
/// <param name="mounts">The v1 hierarchies.</param>
/// <param name="unified">The writable v2 hierarchy beside them, or null.</param>
/// <param name="group">Relative to each mount point.</param>
internal sealed class CgroupV1(IReadOnlyList<CgroupMount> mounts, CgroupMount? unified, string group) : ICgroup
{
    private const string SystemdName = "name=systemd";

    /// <summary>cpuset before all others: it alone can refuse a process.</summary>
    private static readonly string[] s_order =
        ["cpuset", "cpu", "cpuacct", "memory", "pids", "blkio", "freezer", "devices", SystemdName];

    public bool Exists => Existing().Any();

    private string? UnifiedDirectory => unified?.Directory(group);

    public PlanCgroup Create(ResourceLimits limits, IReadOnlyList<DeviceRule> devices, IList<string> warnings)
    {
        // Rules that the v1 controller cannot keep in order, or a host without it: the filter of the unified directory.
        bool filter = devices.Count > 0 && (Directory("devices") is null || !DevicesController.CanExpress(devices));
        HashSet<string> needed = Needed(limits, devices.Count > 0 && !filter, warnings);
        if (limits.MemorySwap is > 0 && limits.Memory is null)
        {
            throw V2.MemoryController.SwapWithoutMemory(limits.MemorySwap.Value);
        }

        if (filter && unified is null)
        {
            throw CgroupErrors.NoDeviceControl(group);
        }

        if (mounts.FirstOrDefault(m => m.IsReadOnly && m.Controllers.Any(needed.Contains)) is { } locked)
        {
            throw CgroupErrors.NotWritable(locked.MountPoint);
        }

        Stack<string> made = [];
        try
        {
            if (UnifiedDirectory is { } directory)
            {
                CgroupTree.MakeFresh(directory, made);
            }

            foreach (string hierarchy in Directories(needed))
            {
                CgroupTree.MakeFresh(hierarchy, made);
            }

            Apply(limits, needed, running: false, warnings);
            if (filter)
            {
                V2.DevicesController.Apply(UnifiedDirectory!, devices);
            }
            else if (devices.Count > 0)
            {
                DevicesController.Apply(Directory("devices")!, devices);
            }

            return Describe(Directories(needed));
        }
        catch (LinuxException e)
        {
            CgroupTree.Undo(made);
            throw e.Call == "bpf" ? CgroupErrors.NoDeviceControl(group, e) : CgroupErrors.From(e, group);
        }
        catch
        {
            CgroupTree.Undo(made);
            throw;
        }
    }

    public PlanCgroup Describe() => Describe([.. Directories(s_order).Where(CgroupFile.Exists)]);

    public void Update(ResourceLimits changed, IList<string> warnings)
    {
        if (!Exists)
        {
            throw CgroupErrors.From(new LinuxException("open", group, Errno.ENOENT), group);
        }

        HashSet<string> needed = Needed(changed, devices: false, warnings);
        Stack<string> made = [];
        Guard(() =>
        {
            // A hierarchy that no limit asked for until now: set it up empty, then move everybody into it.
            string[] added = [.. Directories(needed).Where(d => !CgroupFile.Exists(d))];
            try
            {
                foreach (string directory in added)
                {
                    CgroupTree.Make(directory, made);
                }

                Apply(changed, needed, running: true, warnings);
                foreach (string directory in added)
                {
                    Move(directory);
                }
            }
            catch
            {
                CgroupTree.Undo(made); // a directory with processes in it stays, and is removed with the container
                throw;
            }
        });
    }

    public IReadOnlyList<int> Processes() => ProcessesDirectory() is { } directory ? CgroupTree.Processes(directory) : [];

    public bool IsFrozen() =>
        UnifiedDirectory is { } directory
            ? V2.FreezerController.IsFrozen(directory)
            : Directory("freezer") is { } freezer && FreezerController.IsFrozen(freezer);

    public void Freeze() => Guard(() =>
    {
        if (UnifiedDirectory is { } directory)
        {
            V2.FreezerController.Freeze(directory);
        }
        else
        {
            FreezerController.Freeze(Freezer());
        }
    });

    public void Thaw() => Guard(() =>
    {
        if (UnifiedDirectory is { } directory)
        {
            V2.FreezerController.Thaw(directory);
        }
        else
        {
            FreezerController.Thaw(Freezer());
        }
    });

    public void Kill() => Guard(() =>
    {
        // A hierarchy that was joined later (Set-Container) is not known to the monitor: it may be all that is left of the container.
        if (UnifiedDirectory is { } directory && System.IO.Directory.Exists(directory))
        {
            V2.FreezerController.Kill(directory);
        }
        else if (ProcessesDirectory() is { } processes)
        {
            FreezerController.Kill(Directory("freezer"), processes);
        }
    });

    public long OomKills() =>
        Directory("memory") is { } memory ? CgroupFile.Field(CgroupFile.TryRead($"{memory}/memory.oom_control"), "oom_kill") ?? 0 : 0;

    public bool Remove()
    {
        bool gone = true;
        foreach (string directory in Directories(s_order).Append(UnifiedDirectory).OfType<string>())
        {
            gone &= CgroupTree.Remove(directory);
        }

        return gone;
    }

    public CgroupStatistics Read()
    {
        CgroupStatistics statistics = new();
        if (UnifiedDirectory is { } directory)
        {
            statistics = V2.CpuController.Read(directory, statistics); // counts for every v2 cgroup, no controller needed
        }

        if (Directory("memory") is { } memory)
        {
            statistics = MemoryController.Read(memory, statistics);
        }

        if (Directory("pids") is { } pids)
        {
            statistics = PidsController.Read(pids, statistics);
        }

        if (Directory("blkio") is { } blkio)
        {
            statistics = BlkioController.Read(blkio, statistics);
        }

        return Directory("cpu") is { } cpu ? CpuController.Read(cpu, Directory("cpuacct") ?? cpu, statistics) : statistics;
    }

    private HashSet<string> Needed(ResourceLimits limits, bool devices, IList<string> warnings)
    {
        HashSet<string> needed = ["pids", "memory"];
        if (unified is null)
        {
            needed.Add("freezer");
            needed.Add(SystemdName); // else systemd counts the container to the session that started it
        }

        if (devices)
        {
            needed.Add("devices");
        }

        Ask("memory", limits.HasMemory);
        Ask("pids", limits.HasPids);
        Ask("cpu", limits.HasCpu);
        Ask("cpuset", limits.HasCpuSet);
        Ask("blkio", limits.HasBlockIo);
        if (limits.HasCpu && unified is null)
        {
            needed.Add("cpuacct");
        }

        if (limits.Settings.Count > 0)
        {
            warnings.Add("CgroupSetting is not applied: it names files of cgroup v2, and this host uses v1.");
        }

        needed.RemoveWhere(c => Directory(c) is null);
        return needed;

        void Ask(string controller, bool asked)
        {
            if (!asked)
            {
                return;
            }

            if (Directory(controller) is null)
            {
                warnings.Add($"The limits of the controller '{controller}' are not applied: this host does not offer it.");
            }

            needed.Add(controller);
        }
    }

    private void Apply(ResourceLimits limits, HashSet<string> needed, bool running, IList<string> warnings)
    {
        if (needed.Contains("cpuset"))
        {
            string cpuset = Directory("cpuset")!;
            CpusetController.Inherit(cpuset, mounts.First(m => m.Controllers.Contains("cpuset")).MountPoint);
            CpusetController.Apply(cpuset, limits, warnings);
        }

        if (needed.Contains("memory"))
        {
            MemoryController.Apply(Directory("memory")!, limits, running, warnings);
        }

        if (needed.Contains("pids"))
        {
            PidsController.Apply(Directory("pids")!, limits, warnings);
        }

        if (needed.Contains("cpu"))
        {
            CpuController.Apply(Directory("cpu")!, limits, warnings);
        }

        if (needed.Contains("blkio"))
        {
            BlkioController.Apply(Directory("blkio")!, limits, warnings);
        }
    }

    /// <summary>Moves every process; repeated, because what forks meanwhile leaves its child behind.</summary>
    private void Move(string directory)
    {
        for (int round = 0; round < 50; round++)
        {
            int[] outside = [.. Processes().Except(CgroupTree.Processes(directory))];
            if (outside.Length == 0)
            {
                return;
            }

            foreach (int pid in outside)
            {
                string path = $"{directory}/cgroup.procs";
                if (CgroupFile.TryWrite(path, $"{pid}") is int errno and not (0 or Errno.ESRCH))
                {
                    throw new LinuxException("write", $"{path} = {pid}", errno);
                }
            }
        }
    }

    private PlanCgroup Describe(IReadOnlyList<string> hierarchies)
    {
        string? memory = Directory("memory");
        string? freezer = Directory("freezer");
        return new PlanCgroup
        {
            CloneIntoDirectory = UnifiedDirectory,
            JoinFiles = [.. hierarchies.Select(d => $"{d}/tasks")],
            KillFile = UnifiedDirectory is null ? null : $"{UnifiedDirectory}/cgroup.kill",
            FreezeFile = UnifiedDirectory is not null
                ? $"{UnifiedDirectory}/cgroup.freeze"
                : freezer is null ? null : $"{freezer}/freezer.state",
            FreezeIsV1 = UnifiedDirectory is null && freezer is not null,
            ProcessesFile = ProcessesDirectory() is { } listing ? $"{listing}/cgroup.procs" : null,
            OomFile = memory is null ? null : $"{memory}/memory.oom_control",
            Directories = UnifiedDirectory is null ? hierarchies : [.. hierarchies, UnifiedDirectory],
        };
    }

    private string? ProcessesDirectory() => UnifiedDirectory ?? Directory("pids") ?? Existing().FirstOrDefault();

    private string Freezer() => Directory("freezer") ?? throw new EngineException(
        EngineErrorKind.NotImplemented,
        "FreezerUnavailable",
        "Containers cannot be paused: this host has neither the freezer controller nor cgroup v2.",
        group,
        "Mount cgroup v2 on /sys/fs/cgroup.");

    private IEnumerable<string> Existing() => Directories(s_order).Append(UnifiedDirectory).OfType<string>().Where(CgroupFile.Exists);

    /// <summary>The directories of these controllers, each once: cpu and cpuacct often share a hierarchy.</summary>
    private string[] Directories(IReadOnlyCollection<string> controllers) =>
        [.. s_order.Where(controllers.Contains).Select(Directory).OfType<string>().Distinct()];

    private string? Directory(string controller)
    {
        foreach (CgroupMount mount in mounts)
        {
            if (mount.Controllers.Contains(controller))
            {
                return mount.Directory(group);
            }
        }

        return null;
    }

    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (LinuxException e)
        {
            throw CgroupErrors.From(e, group);
        }
    }
}
