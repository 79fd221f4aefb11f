namespace Containers.Engine.Cgroups.V1;

/// <summary>
/// cpuset of cgroup v1 (cpuset(7)): a new directory has no CPUs and no memory nodes, and nobody may join it before both are
/// set. So each level takes its parent's first.
/// </summary>
internal static class CpusetController
{
    /// <param name="top">The mount point, where the kernel has set both.</param>
    internal static void Inherit(string directory, string top)
    {
        if (directory.Length <= top.Length)
        {
            return;
        }

        if (IsEmpty(directory, "cpuset.cpus") || IsEmpty(directory, "cpuset.mems"))
        {
            string parent = Path.GetDirectoryName(directory)!;
            Inherit(parent, top);
            Copy(parent, directory, "cpuset.cpus");
            Copy(parent, directory, "cpuset.mems");
        }
    }

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

    private static bool IsEmpty(string directory, string file) =>
        string.IsNullOrWhiteSpace(CgroupFile.TryRead($"{directory}/{file}"));

    private static void Copy(string parent, string directory, string file)
    {
        if (IsEmpty(directory, file) && CgroupFile.TryRead($"{parent}/{file}") is { } value)
        {
            CgroupFile.Write(directory, file, value.Trim());
        }
    }
}
