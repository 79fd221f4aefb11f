namespace Containers.Engine.Cgroups.V2;

/// <summary>pids of cgroup v2; v1 has the same files.</summary>
internal static class PidsController
{
    internal static void Apply(string directory, ResourceLimits limits, IList<string> warnings)
    {
        if (limits.PidsText is { } maximum)
        {
            CgroupFile.WriteLimit(directory, "pids.max", maximum, "PidsLimit", warnings);
        }
    }

    internal static CgroupStatistics Read(string directory, CgroupStatistics statistics) => statistics with
    {
        Processes = CgroupFile.ReadNumber($"{directory}/pids.current"),
        ProcessesLimit = CgroupFile.ReadNumber($"{directory}/pids.max"),
    };
}
