namespace Containers.Engine.Cgroups.V1;

/// <summary>pids of cgroup v1: the same files as on v2.</summary>
internal static class PidsController
{
    internal static void Apply(string directory, ResourceLimits limits, IList<string> warnings) =>
        V2.PidsController.Apply(directory, limits, warnings);

    internal static CgroupStatistics Read(string directory, CgroupStatistics statistics) =>
        V2.PidsController.Read(directory, statistics);
}
