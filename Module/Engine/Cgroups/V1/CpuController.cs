namespace Containers.Engine.Cgroups.V1;

/// <summary>cpu of cgroup v1 (Documentation/scheduler/sched-bwc.rst, sched-rt-group.rst). CPU time is counted by cpuacct.</summary>
internal static class CpuController
{
    internal static void Apply(string directory, ResourceLimits limits, IList<string> warnings)
    {
        if (limits.CpuShares is { } shares)
        {
            CgroupFile.WriteLimit(directory, "cpu.shares", $"{shares}", "CpuShares", warnings);
        }

        (long? quota, long? period) = limits.CpuBandwidth;
        if (period is not null)
        {
            CgroupFile.WriteLimit(directory, "cpu.cfs_period_us", $"{period}", "CpuPeriod", warnings);
        }

        if (quota is not null)
        {
            CgroupFile.WriteLimit(directory, "cpu.cfs_quota_us", $"{quota}", "The CPU limit", warnings);
        }

        // The period first: the budget is checked against it.
        if (limits.CpuRtPeriod is { } realtimePeriod)
        {
            CgroupFile.WriteLimit(directory, "cpu.rt_period_us", $"{realtimePeriod}", "CpuRtPeriod", warnings);
        }

        if (limits.CpuRtRuntime is { } realtimeRuntime)
        {
            CgroupFile.WriteLimit(directory, "cpu.rt_runtime_us", $"{realtimeRuntime}", "CpuRtRuntime", warnings);
        }
    }

    internal static CgroupStatistics Read(string cpu, string accounting, CgroupStatistics statistics)
    {
        string? text = CgroupFile.TryRead($"{cpu}/cpu.stat");
        return statistics with
        {
            CpuNanoseconds = CgroupFile.ReadNumber($"{accounting}/cpuacct.usage") ?? statistics.CpuNanoseconds,
            CpuUserNanoseconds = CgroupFile.ReadNumber($"{accounting}/cpuacct.usage_user") ?? statistics.CpuUserNanoseconds,
            CpuSystemNanoseconds = CgroupFile.ReadNumber($"{accounting}/cpuacct.usage_sys") ?? statistics.CpuSystemNanoseconds,
            CpuPeriods = CgroupFile.Field(text, "nr_periods"),
            CpuThrottledPeriods = CgroupFile.Field(text, "nr_throttled"),
            CpuThrottledNanoseconds = CgroupFile.Field(text, "throttled_time"),
        };
    }
}
