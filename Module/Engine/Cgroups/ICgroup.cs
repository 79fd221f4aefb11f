using Containers.Engine.Launch.Plan;

namespace Containers.Engine.Cgroups;

/// <summary>
/// The cgroup of one container, by name: nothing is held open, so any session can act on what another one made.
/// Errors: <see cref="EngineException"/> with CgroupNotWritable, CgroupNotMounted, CgroupInUse, CgroupHasProcesses,
/// CgroupLimitRefused, DeviceControlUnavailable and the ids of <see cref="CgroupErrors"/>.
/// </summary>
internal interface ICgroup
{
    /// <summary>Whether the directories are there.</summary>
    public bool Exists { get; }

    /// <summary>
    /// Makes the directories (parents too) and writes the limits. A left-over empty cgroup of this name is replaced. When it
    /// fails, what it made is gone again.
    /// </summary>
    /// <param name="limits">The limits, validated.</param>
    /// <param name="devices">
    /// In order, the last match wins, everything else is denied. No rules at all: no device control (a privileged container).
    /// </param>
    /// <param name="warnings">Receives one sentence for each limit that this host cannot apply.</param>
    public PlanCgroup Create(ResourceLimits limits, IReadOnlyList<DeviceRule> devices, IList<string> warnings);

    /// <summary>
    /// What the monitor must know, from what exists now. Differs from what <see cref="Create"/> returned when
    /// <see cref="Update"/> had to join another v1 hierarchy.
    /// </summary>
    public PlanCgroup Describe();

    /// <summary>Changes the limits that are set in <paramref name="changed"/>; all others stay.</summary>
    public void Update(ResourceLimits changed, IList<string> warnings);

    /// <summary>Process ids as this process sees them, those of nested cgroups included.</summary>
    public IReadOnlyList<int> Processes();

    public bool IsFrozen();

    /// <summary>Stops every process and returns when all are stopped: at most two seconds, else they run again.</summary>
    public void Freeze();

    public void Thaw();

    /// <summary>Kills every process, frozen and just forked ones too. Does not wait for them to be reaped.</summary>
    public void Kill();

    /// <summary>How many processes the kernel killed for want of memory.</summary>
    public long OomKills();

    /// <summary>Removes the directories; repeats while the kernel still lets go of processes, at most two seconds.</summary>
    /// <returns>True when nothing is left.</returns>
    public bool Remove();

    public CgroupStatistics Read();
}
