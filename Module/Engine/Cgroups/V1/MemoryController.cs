using Containers.Engine.Linux;

namespace Containers.Engine.Cgroups.V1;

/// <summary>
/// memory of cgroup v1 (Documentation/admin-guide/cgroup-v1/memory.rst). Two limits, memory and memory with swap ("memsw"), of
/// which the second may at no moment be the lower one: which is written first depends on the direction.
/// </summary>
internal static class MemoryController
{
    private const string MemoryFile = "memory.limit_in_bytes";
    private const string SwapFile = "memory.memsw.limit_in_bytes";

    /// <summary>The kernel shows "no limit" as the largest multiple of its page size.</summary>
    private const long NoLimit = long.MaxValue - 65536;

    /// <param name="running">An update: the limits now in force decide the order, and the allowed swap is kept.</param>
    internal static void Apply(string directory, ResourceLimits limits, bool running, IList<string> warnings)
    {
        ApplyLimits(directory, limits, running, warnings);
        if (limits.MemoryReservation is { } reservation)
        {
            CgroupFile.WriteLimit(directory, "memory.soft_limit_in_bytes", $"{reservation}", "MemoryReservation", warnings);
        }

        if (limits.MemorySwappiness is { } swappiness)
        {
            CgroupFile.WriteLimit(directory, "memory.swappiness", $"{swappiness}", "MemorySwappiness", warnings);
        }

        if (limits.OomKillDisable)
        {
            CgroupFile.WriteLimit(directory, "memory.oom_control", "1", "OomKillDisable", warnings);
            if (limits.Memory is null && !running)
            {
                warnings.Add("OomKillDisable without a memory limit can make the whole host wait for memory.");
            }
        }
    }

    internal static CgroupStatistics Read(string directory, CgroupStatistics statistics)
    {
        string? stat = CgroupFile.TryRead($"{directory}/memory.stat");
        return statistics with
        {
            MemoryBytes = CgroupFile.ReadNumber($"{directory}/memory.usage_in_bytes"),
            MemoryInactiveFileBytes = CgroupFile.Field(stat, "total_inactive_file"),
            MemoryCacheBytes = CgroupFile.Field(stat, "total_cache"),
            MemoryLimitBytes = Limited(CgroupFile.ReadNumber($"{directory}/{MemoryFile}")),
            MemoryPeakBytes = CgroupFile.ReadNumber($"{directory}/memory.max_usage_in_bytes"),
            SwapBytes = CgroupFile.Field(stat, "total_swap"),
            OomKills = CgroupFile.Field(CgroupFile.TryRead($"{directory}/memory.oom_control"), "oom_kill"),
        };
    }

    private static void ApplyLimits(string directory, ResourceLimits limits, bool running, IList<string> warnings)
    {
        long? memoryNow = running ? CgroupFile.ReadNumber($"{directory}/{MemoryFile}") : null;
        long? swapNow = running ? CgroupFile.ReadNumber($"{directory}/{SwapFile}") : null;
        long? memory = limits.Memory;
        long? total = limits.MemorySwap ?? DefaultTotal(memory, memoryNow, swapNow);

        bool growing = memory is { } m && running && swapNow is { } now && Comparable(m) > now;
        if (growing)
        {
            WriteTotal(directory, total, limits, warnings);
        }

        if (memory is { } bytes)
        {
            CgroupFile.WriteLimit(directory, MemoryFile, $"{bytes}", "Memory", warnings);
        }

        if (!growing)
        {
            WriteTotal(directory, total, limits, warnings);
        }
    }

    /// <summary>At creation as much swap as memory (docker); later the same amount of swap as before.</summary>
    private static long? DefaultTotal(long? memory, long? memoryNow, long? swapNow) => (memory, memoryNow, swapNow) switch
    {
        (null, _, _) => null,
        (-1, _, _) => -1,
        ({ } m, null, _) => m > NoLimit / 2 ? -1 : m * 2,
        (_, _, null) => null,
        ({ } m, { } before, { } total) => total >= NoLimit || before >= NoLimit ? -1 : m + Math.Max(0, total - before),
    };

    private static void WriteTotal(string directory, long? total, ResourceLimits limits, IList<string> warnings)
    {
        if (total is not { } bytes)
        {
            return;
        }

        // Kernels can be built or started without swap accounting. Only who asked for a limit hears of it.
        string path = $"{directory}/{SwapFile}";
        switch (CgroupFile.TryWrite(path, $"{bytes}"))
        {
            case 0:
                break;
            case Errno.ENOENT or Errno.EOPNOTSUPP:
                if (limits.MemorySwap is not null)
                {
                    warnings.Add("MemorySwap is not applied: this kernel does not count swap (boot parameter swapaccount=1).");
                }

                break;
            case int errno:
                throw new LinuxException("write", $"{path} = {bytes}", errno);
        }
    }

    private static long Comparable(long limit) => limit < 0 ? long.MaxValue : limit;

    private static long? Limited(long? limit) => limit >= NoLimit ? null : limit;
}
