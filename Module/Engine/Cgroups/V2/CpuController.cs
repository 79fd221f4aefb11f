namespace Containers.Engine.Cgroups.V2;

/// <summary>cpu of cgroup v2 (cgroup-v2.rst, "CPU"). cpu.stat is there even without the controller.</summary>
internal static class CpuController
{
    internal static void Apply(string directory, ResourceLimits limits, IList<string> warnings)
    {
        if (limits.CpuShares is { } shares)
        {
            CgroupFile.WriteLimit(directory, "cpu.weight", $"{Weight(shares)}", "CpuShares", warnings);
        }

        (long? quota, long? period) = limits.CpuBandwidth;
        if (quota is not null || period is not null)
        {
            // "quota" alone keeps the period; a period alone must repeat the quota.
            string first = quota switch
            {
                null => CgroupFile.TryRead($"{directory}/cpu.max")?.Split(' ')[0] ?? "max",
                -1 => "max",
                _ => $"{quota}",
            };
            CgroupFile.WriteLimit(directory, "cpu.max", period is null ? first : $"{first} {period}", "The CPU limit", warnings);
        }

        if (limits.CpuRtRuntime is not null || limits.CpuRtPeriod is not null)
        {
            warnings.Add("CpuRtRuntime and CpuRtPeriod are not applied: cgroup v2 has no real-time budgets.");
        }
    }

    /// <summary>
    /// Shares 2 to 262144 become weights 1 to 10000 so that both ends and the default (1024, 100) meet: the curve through
    /// these three points that runc and crun use since 2025. The older straight line made 39 of the default.
    /// </summary>
    internal static int Weight(long shares)
    {
        double log = Math.Log2(Math.Clamp(shares, 2, 262144));
        double exponent = (((log * log) + (125 * log)) / 612.0) - (7.0 / 34.0);
        return (int)Math.Clamp(Math.Ceiling(Math.Round(Math.Pow(10, exponent), 6)), 1, 10000);
    }

    internal static CgroupStatistics Read(string directory, CgroupStatistics statistics)
    {
        string? text = CgroupFile.TryRead($"{directory}/cpu.stat");
        return statistics with
        {
            CpuNanoseconds = CgroupFile.Field(text, "usage_usec") * 1000,
            CpuUserNanoseconds = CgroupFile.Field(text, "user_usec") * 1000,
            CpuSystemNanoseconds = CgroupFile.Field(text, "system_usec") * 1000,
            CpuPeriods = CgroupFile.Field(text, "nr_periods"),
            CpuThrottledPeriods = CgroupFile.Field(text, "nr_throttled"),
            CpuThrottledNanoseconds = CgroupFile.Field(text, "throttled_usec") * 1000,
        };
    }
}
