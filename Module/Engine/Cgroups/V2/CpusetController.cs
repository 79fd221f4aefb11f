namespace Containers.Engine.Cgroups.V2;

/// <summary>cpuset of cgroup v2: an empty file means "as the parent".</summary>
internal static class CpusetController
{
    internal static void Apply(string directory, ResourceLimits limits, IList<string> warnings)
    {
        if (limits.CpuSet is { } cpus)
        {
            CgroupFile.WriteLimit(directory, "cpuset.cpus", cpus, "CpuSet", warnings);
        }

        if (limits.CpuSetMemory is { } nodes)
        {
            CgroupFile.WriteLimit(directory, "cpuset.mems", nodes, "CpuSetMemory", warnings);
        }
    }
}
