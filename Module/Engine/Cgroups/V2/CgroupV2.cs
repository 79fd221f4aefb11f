using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Engine.Cgroups.V2;

/// <summary>A container's cgroup where one tree holds all controllers. The first process is born in it (CLONE_INTO_CGROUP).</summary>
internal sealed class CgroupV2(UnifiedBase top, string group) : ICgroup
{
    private string Directory => $"{top.Directory}/{group}";

    public bool Exists => CgroupFile.Exists(Directory);

    public PlanCgroup Create(ResourceLimits limits, IReadOnlyList<DeviceRule> devices, IList<string> warnings)
    {
        top.RequireWritable();
        if (limits.MemorySwap is > 0 && limits.Memory is null)
        {
            throw MemoryController.SwapWithoutMemory(limits.MemorySwap.Value);
        }

        Stack<string> made = [];
        try
        {
            Enable(Path.GetDirectoryName(Directory)!, Wanted(limits, warnings), made);
            CgroupTree.MakeFresh(Directory, made);
            Apply(limits, running: false, warnings);
            if (devices.Count > 0)
            {
                Restrict(devices);
            }

            return Describe();
        }
        catch (LinuxException e)
        {
            CgroupTree.Undo(made);
            throw CgroupErrors.From(e, Directory);
        }
        catch
        {
            CgroupTree.Undo(made);
            throw;
        }
    }

    public PlanCgroup Describe() => new()
    {
        CloneIntoDirectory = Directory,
        KillFile = $"{Directory}/cgroup.kill",
        FreezeFile = $"{Directory}/cgroup.freeze",
        ProcessesFile = $"{Directory}/cgroup.procs",
        OomFile = CgroupFile.Exists($"{Directory}/memory.events") ? $"{Directory}/memory.events" : null,
        Directories = [Directory],
    };

    public void Update(ResourceLimits changed, IList<string> warnings) => Guard(() =>
    {
        if (!Exists)
        {
            throw new LinuxException("open", Directory, Errno.ENOENT);
        }

        Enable(Path.GetDirectoryName(Directory)!, Wanted(changed, warnings), []);
        Apply(changed, running: true, warnings);
    });

    public IReadOnlyList<int> Processes() => CgroupTree.Processes(Directory);

    public bool IsFrozen() => FreezerController.IsFrozen(Directory);

    public void Freeze() => Guard(() => FreezerController.Freeze(Directory));

    public void Thaw() => Guard(() => FreezerController.Thaw(Directory));

    public void Kill() => Guard(() => FreezerController.Kill(Directory));

    public long OomKills() => CgroupFile.Field(CgroupFile.TryRead($"{Directory}/memory.events"), "oom_kill") ?? 0;

    public bool Remove() => CgroupTree.Remove(Directory);

    public CgroupStatistics Read()
    {
        CgroupStatistics statistics = CpuController.Read(Directory, new CgroupStatistics());
        statistics = MemoryController.Read(Directory, statistics);
        statistics = PidsController.Read(Directory, statistics);
        return IoController.Read(Directory, statistics);
    }

    /// <summary>The controllers to switch on, true where a limit asks for it: then failure is an error.</summary>
    private Dictionary<string, bool> Wanted(ResourceLimits limits, IList<string> warnings)
    {
        // Always memory (out-of-memory events, use), pids (number) and io (what was read and written): cheap, and what people measure.
        Dictionary<string, bool> wanted = new() { ["memory"] = limits.HasMemory, ["pids"] = limits.HasPids, ["io"] = limits.HasBlockIo };
        if (limits.HasCpu)
        {
            wanted["cpu"] = true;
        }

        if (limits.HasCpuSet)
        {
            wanted["cpuset"] = true;
        }

        foreach (string file in limits.Settings.Keys)
        {
            wanted[file.Split('.')[0]] = true;
        }

        foreach ((string controller, bool asked) in wanted)
        {
            if (!top.Controllers.Contains(controller))
            {
                _ = wanted.Remove(controller);
                if (asked)
                {
                    warnings.Add($"The limits of the controller '{controller}' are not applied: this host does not offer it.");
                }
            }
        }

        return wanted;
    }

    /// <summary>Makes a parent directory where needed and gives its children the controllers, from the top down.</summary>
    private void Enable(string parent, Dictionary<string, bool> wanted, Stack<string> made)
    {
        string file = $"{parent}/cgroup.subtree_control";
        string? enabled = CgroupFile.TryRead(file);
        List<string> missing = [.. wanted.Keys.Except(UnifiedBase.Names(enabled))];
        if (enabled is not null && missing.Count == 0)
        {
            return;
        }

        if (parent != top.Directory)
        {
            Enable(Path.GetDirectoryName(parent)!, wanted, made);
            if (enabled is null)
            {
                MakeShared(parent, made);
            }
        }

        foreach (string controller in missing)
        {
            if (CgroupFile.TryWrite(file, $"+{controller}") is int errno and not 0 && wanted[controller])
            {
                throw CgroupErrors.Controller(controller, parent, new LinuxException("write", $"{file} = +{controller}", errno));
            }
        }
    }

    private static void MakeShared(string parent, Stack<string> made)
    {
        try
        {
            CgroupTree.Make(parent, made);
        }
        catch (LinuxException e) when (e.Errno == Errno.EEXIST)
        {
            // another session was faster
        }
    }

    private void Apply(ResourceLimits limits, bool running, IList<string> warnings)
    {
        if (Offers("memory", limits.HasMemory))
        {
            MemoryController.Apply(Directory, limits, running, warnings);
        }

        if (Offers("pids", limits.HasPids))
        {
            PidsController.Apply(Directory, limits, warnings);
        }

        if (Offers("cpu", limits.HasCpu))
        {
            CpuController.Apply(Directory, limits, warnings);
        }

        if (Offers("cpuset", limits.HasCpuSet))
        {
            CpusetController.Apply(Directory, limits, warnings);
        }

        if (Offers("io", limits.HasBlockIo))
        {
            IoController.Apply(Directory, limits, warnings);
        }

        foreach ((string setting, string value) in limits.Settings)
        {
            CgroupFile.WriteLimit(Directory, setting, value, $"The cgroup setting '{setting}'", warnings);
        }
    }

    private bool Offers(string controller, bool asked) => asked && top.Controllers.Contains(controller);

    private void Restrict(IReadOnlyList<DeviceRule> devices)
    {
        try
        {
            DevicesController.Apply(Directory, devices);
        }
        catch (LinuxException e)
        {
            // Without the filter a container could reach every device it can make a node of: no container then.
            throw CgroupErrors.NoDeviceControl(group, e);
        }
    }

    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (LinuxException e)
        {
            throw CgroupErrors.From(e, Directory);
        }
    }
}
