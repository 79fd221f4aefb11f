using Containers.Engine.Launch.Plan;

namespace Containers.Engine.Cgroups;

/// <summary>A host without cgroups: it can run a container that asks for no limit, and says what is missing.</summary>
internal sealed class NoCgroup : ICgroup
{
    public bool Exists => false;

    public PlanCgroup Create(ResourceLimits limits, IReadOnlyList<DeviceRule> devices, IList<string> warnings)
    {
        if (devices.Count > 0 || limits.IsAnySet)
        {
            throw CgroupErrors.NotMounted();
        }

        warnings.Add("This host has no cgroups: the container is not limited, and cannot be paused or measured.");
        return new PlanCgroup();
    }

    public PlanCgroup Describe() => new();

    public void Update(ResourceLimits changed, IList<string> warnings)
    {
        if (changed.IsAnySet)
        {
            throw CgroupErrors.NotMounted();
        }
    }

    public IReadOnlyList<int> Processes() => throw CgroupErrors.NotMounted();

    public bool IsFrozen() => false;

    public void Freeze() => throw CgroupErrors.NotMounted();

    public void Thaw() => throw CgroupErrors.NotMounted();

    public void Kill() => throw CgroupErrors.NotMounted();

    public long OomKills() => 0;

    public bool Remove() => true;

    public CgroupStatistics Read() => new();
}
