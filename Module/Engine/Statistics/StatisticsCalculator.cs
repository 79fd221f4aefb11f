using System.Diagnostics;

namespace Containers.Engine.Statistics;

/// <summary>
/// From two readings to what people look at, by docker's rules: CPU time over elapsed time, 100 for one processor; memory less the page cache that
/// was not used lately; the host's memory where no smaller limit is set (docker/cli, stats_helpers.go, and moby, daemon/stats_unix.go, say the same).
/// </summary>
internal static class StatisticsCalculator
{
    /// <param name="before">The earlier reading of the same run, or null.</param>
    /// <param name="now">The later one.</param>
    /// <param name="processors">Of this host.</param>
    /// <param name="hostMemory">Of this host, in bytes.</param>
    internal static ContainerStatistic Compare(ContainerReading? before, ContainerReading now, int processors, long hostMemory)
    {
        TimeSpan elapsed = before is null ? TimeSpan.Zero : Stopwatch.GetElapsedTime(before.Timestamp, now.Timestamp);
        double? cpu = Rate(before?.Counters.CpuNanoseconds, now.Counters.CpuNanoseconds, elapsed) / 1e9 * 100;
        long? used = Used(now.Counters.MemoryBytes, now.Counters.MemoryInactiveFileBytes);
        long limit = now.Counters.MemoryLimitBytes is { } own && (own < hostMemory || hostMemory == 0) ? own : hostMemory;
        return new ContainerStatistic
        {
            Id = now.Container.Id,
            Name = now.Container.Name,
            Time = now.Time,
            Interval = elapsed,
            CpuPercent = cpu,
            HostCpuPercent = cpu / processors,
            CpuTime = Span(now.Counters.CpuNanoseconds),
            CpuUserTime = Span(now.Counters.CpuUserNanoseconds),
            CpuSystemTime = Span(now.Counters.CpuSystemNanoseconds),
            ThrottledPercent = Part(before, now),
            ThrottledPeriods = now.Counters.CpuThrottledPeriods,
            ThrottledTime = Span(now.Counters.CpuThrottledNanoseconds),
            MemoryUsage = used,
            MemoryLimit = limit,
            MemoryPercent = used is { } bytes && limit > 0 ? bytes * 100.0 / limit : null,
            MemoryCache = now.Counters.MemoryCacheBytes,
            MemoryPeak = now.Counters.MemoryPeakBytes,
            SwapUsage = now.Counters.SwapBytes,
            OomKills = now.Counters.OomKills,
            BlockReadBytes = now.Counters.IoReadBytes,
            BlockWriteBytes = now.Counters.IoWriteBytes,
            BlockReads = now.Counters.IoReads,
            BlockWrites = now.Counters.IoWrites,
            NetworkReceivedBytes = now.Networks?.Sum(one => one.ReceivedBytes),
            NetworkSentBytes = now.Networks?.Sum(one => one.SentBytes),
            NetworkReceivedPackets = now.Networks?.Sum(one => one.ReceivedPackets),
            NetworkSentPackets = now.Networks?.Sum(one => one.SentPackets),
            NetworkReceiveDropped = now.Networks?.Sum(one => one.ReceiveDropped),
            NetworkSendDropped = now.Networks?.Sum(one => one.SendDropped),
            NetworkReceiveRate = Rate(before?.Networks?.Sum(one => one.ReceivedBytes), now.Networks?.Sum(one => one.ReceivedBytes), elapsed),
            NetworkSendRate = Rate(before?.Networks?.Sum(one => one.SentBytes), now.Networks?.Sum(one => one.SentBytes), elapsed),
            Networks = now.Networks ?? [],
            Pids = now.Counters.Processes,
            PidsLimit = now.Counters.ProcessesLimit,
        };
    }

    private static long? Used(long? charged, long? inactive) => inactive < charged ? charged - inactive : charged;

    /// <summary>Per second. A counter that went back is another counter: an interface has gone.</summary>
    private static double? Rate(long? before, long? now, TimeSpan elapsed) =>
        elapsed > TimeSpan.Zero && now - before is >= 0 and { } difference ? difference / elapsed.TotalSeconds : null;

    private static double? Part(ContainerReading? before, ContainerReading now)
    {
        long? periods = now.Counters.CpuPeriods - before?.Counters.CpuPeriods;
        long? throttled = now.Counters.CpuThrottledPeriods - before?.Counters.CpuThrottledPeriods;
        return periods is null || throttled is null ? null : periods > 0 ? throttled * 100.0 / periods : 0;
    }

    private static TimeSpan? Span(long? nanoseconds) => nanoseconds is { } value ? TimeSpan.FromTicks(value / 100) : null;
}
