namespace Containers.Engine.Statistics;

/// <summary>
/// What a container used, at one moment and since the reading before it. Null where this host does not count it. Sizes are bytes, counters count
/// from the container's start, rates are of the time between the two readings (<see cref="Interval"/>).
/// </summary>
public sealed record ContainerStatistic
{
    public required string Id { get; init; }

    public string ShortId => Id[..12];

    public required string Name { get; init; }

    /// <summary>When the second of the two readings was taken.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>Time between the two readings that the percentages and rates are of.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>100 is one processor busy all the time; four busy ones are 400, as docker says it.</summary>
    public double? CpuPercent { get; init; }

    /// <summary>The same as a part of all processors of this host: never more than 100.</summary>
    public double? HostCpuPercent { get; init; }

    public TimeSpan? CpuTime { get; init; }

    public TimeSpan? CpuUserTime { get; init; }

    public TimeSpan? CpuSystemTime { get; init; }

    /// <summary>The part of the quota's periods, between the readings, in which the processes had to wait. Null without a quota.</summary>
    public double? ThrottledPercent { get; init; }

    public long? ThrottledPeriods { get; init; }

    public TimeSpan? ThrottledTime { get; init; }

    /// <summary>Memory in use. Page cache that was not used lately is not counted: the kernel gives it away first.</summary>
    public long? MemoryUsage { get; init; }

    /// <summary>The container's limit, or this host's memory where there is none or a larger one.</summary>
    public long MemoryLimit { get; init; }

    public double? MemoryPercent { get; init; }

    /// <summary>Page cache charged to the container, used lately or not.</summary>
    public long? MemoryCache { get; init; }

    /// <summary>The most that was ever charged, page cache included.</summary>
    public long? MemoryPeak { get; init; }

    public long? SwapUsage { get; init; }

    public long? OomKills { get; init; }

    public long? BlockReadBytes { get; init; }

    public long? BlockWriteBytes { get; init; }

    public long? BlockReads { get; init; }

    public long? BlockWrites { get; init; }

    /// <summary>Received by all interfaces but the loopback. Null for a container on the host's network, whose counters are the host's.</summary>
    public long? NetworkReceivedBytes { get; init; }

    public long? NetworkSentBytes { get; init; }

    public long? NetworkReceivedPackets { get; init; }

    public long? NetworkSentPackets { get; init; }

    public long? NetworkReceiveDropped { get; init; }

    public long? NetworkSendDropped { get; init; }

    /// <summary>Bytes per second; null when there was no reading before, or an interface has gone since.</summary>
    public double? NetworkReceiveRate { get; init; }

    public double? NetworkSendRate { get; init; }

    /// <summary>Each interface but the loopback.</summary>
    public IReadOnlyList<NetworkStatistic> Networks { get; init; } = [];

    /// <summary>Processes and threads: what -PidsLimit limits.</summary>
    public long? Pids { get; init; }

    public long? PidsLimit { get; init; }

    public override string ToString() => Name;
}
