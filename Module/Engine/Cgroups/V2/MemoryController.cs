namespace Containers.Engine.Cgroups.V2;

/// <summary>memory of cgroup v2 (cgroup-v2.rst, "Memory"). memory.oom.group stays 0: the kernel kills one process, as on v1.</summary>
internal static class MemoryController
{
    /// <param name="running">Processes may be inside: a limit below their use would kill, so memory is reclaimed first.</param>
    internal static void Apply(string directory, ResourceLimits limits, bool running, IList<string> warnings)
    {
        if (running && limits.Memory is > 0 and { } wanted)
        {
            Reclaim(directory, wanted);
        }

        if (limits.Memory is { } memory)
        {
            CgroupFile.WriteLimit(directory, "memory.max", Text(memory), "Memory", warnings);
        }

        ApplySwap(directory, limits, running, warnings);
        if (limits.MemoryReservation is { } reservation)
        {
            CgroupFile.WriteLimit(directory, "memory.low", $"{reservation}", "MemoryReservation", warnings);
        }

        if (limits.MemorySwappiness is not null)
        {
            warnings.Add("MemorySwappiness is not applied: cgroup v2 has no swappiness per container.");
        }

        if (limits.OomKillDisable)
        {
            warnings.Add("OomKillDisable is not applied: cgroup v2 always kills when memory runs out.");
        }
    }

    internal static CgroupStatistics Read(string directory, CgroupStatistics statistics)
    {
        string? stat = CgroupFile.TryRead($"{directory}/memory.stat");
        return statistics with
        {
            MemoryBytes = CgroupFile.ReadNumber($"{directory}/memory.current"),
            MemoryInactiveFileBytes = CgroupFile.Field(stat, "inactive_file"),
            MemoryCacheBytes = CgroupFile.Field(stat, "file"),
            MemoryLimitBytes = CgroupFile.ReadNumber($"{directory}/memory.max"),
            MemoryPeakBytes = CgroupFile.ReadNumber($"{directory}/memory.peak"), // Linux 5.19
            SwapBytes = CgroupFile.ReadNumber($"{directory}/memory.swap.current"),
            OomKills = CgroupFile.Field(CgroupFile.TryRead($"{directory}/memory.events"), "oom_kill"),
        };
    }

    private static void ApplySwap(string directory, ResourceLimits limits, bool running, IList<string> warnings)
    {
        // Ours is memory and swap together, the kernel's is swap alone.
        if (limits.MemorySwap is { } total)
        {
            long? memory = limits.Memory ?? CgroupFile.ReadNumber($"{directory}/memory.max");
            if (total >= 0 && (memory is null or < 0 || total < memory))
            {
                throw SwapWithoutMemory(total);
            }

            CgroupFile.WriteLimit(directory, "memory.swap.max", total < 0 ? "max" : $"{total - memory}", "MemorySwap", warnings);
        }
        else if (!running && limits.Memory is > 0 and { } memory)
        {
            // docker's default, as much swap as memory. Nobody asked for it: without swap accounting no warning.
            CgroupFile.WriteLimit(directory, "memory.swap.max", $"{memory}", "MemorySwap", []);
        }
    }

    internal static EngineException SwapWithoutMemory(long total) => new(
        EngineErrorKind.InvalidArgument,
        "InvalidMemorySwap",
        $"{total} bytes of memory and swap together need a memory limit that is no larger.",
        total,
        "Give the memory limit too.");

    private static void Reclaim(string directory, long wanted)
    {
        long used = CgroupFile.ReadNumber($"{directory}/memory.current") ?? 0;
        if (used <= wanted)
        {
            return;
        }

        // Linux 5.19. Falls short with EAGAIN; what counts is what is left.
        _ = CgroupFile.TryWrite($"{directory}/memory.reclaim", $"{used - wanted}");
        if (CgroupFile.ReadNumber($"{directory}/memory.current") > wanted)
        {
            throw CgroupErrors.MemoryInUse(directory);
        }
    }

    private static string Text(long bytes) => bytes < 0 ? "max" : $"{bytes}";
}
