namespace Containers.Engine.Cgroups;

/// <summary>
/// What the kernel has counted for one container. Null where this host does not count it, and for a limit that is not set.
/// Times are nanoseconds, sizes are bytes. Source: Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/.
/// </summary>
public sealed record CgroupStatistics
{
    public long? CpuNanoseconds { get; init; }

    public long? CpuUserNanoseconds { get; init; }

    public long? CpuSystemNanoseconds { get; init; }

    /// <summary>Periods of the CPU quota in which there was something to run.</summary>
    public long? CpuPeriods { get; init; }

    /// <summary>Periods in which the processes had to wait because their CPU quota was used up.</summary>
    public long? CpuThrottledPeriods { get; init; }

    public long? CpuThrottledNanoseconds { get; init; }

    /// <summary>Memory charged, page cache included.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>The part of <see cref="MemoryBytes"/> that is page cache not used lately; docker subtracts it.</summary>
    public long? MemoryInactiveFileBytes { get; init; }

    /// <summary>The part of <see cref="MemoryBytes"/> that is page cache, used lately or not.</summary>
    public long? MemoryCacheBytes { get; init; }

    public long? MemoryLimitBytes { get; init; }

    public long? MemoryPeakBytes { get; init; }

    public long? SwapBytes { get; init; }

    public long? Processes { get; init; }

    public long? ProcessesLimit { get; init; }

    public long? IoReadBytes { get; init; }

    public long? IoWriteBytes { get; init; }

    public long? IoReads { get; init; }

    public long? IoWrites { get; init; }

    public long? OomKills { get; init; }
}
