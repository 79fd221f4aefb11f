using System.Collections.ObjectModel;

namespace Containers.Engine.Cgroups;

/// <summary>
/// The limits of one container. Null, false or empty means "not set": at creation the kernel's default, at an update
/// "leave as it is". Sizes are bytes, times are microseconds, weights are docker's.
/// </summary>
public sealed partial record ResourceLimits
{
    /// <summary>Memory without swap; at least 512 KiB, -1 for no limit.</summary>
    public long? Memory { get; init; }

    /// <summary>Memory that is reclaimed from others first; at most <see cref="Memory"/>.</summary>
    public long? MemoryReservation { get; init; }

    /// <summary>Memory and swap together; -1 for no limit. Not set: twice <see cref="Memory"/>, as docker does.</summary>
    public long? MemorySwap { get; init; }

    /// <summary>0 to 100; v1 only.</summary>
    public int? MemorySwappiness { get; init; }

    /// <summary>Let processes wait for memory instead of killing one; v1 only.</summary>
    public bool OomKillDisable { get; init; }

    /// <summary>Processes and threads; -1 or 0 for no limit.</summary>
    public long? PidsLimit { get; init; }

    /// <summary>CPUs' worth of time, 1.5 for one and a half; excludes <see cref="CpuQuota"/> and <see cref="CpuPeriod"/>.</summary>
    public decimal? Cpus { get; init; }

    /// <summary>Share of the CPU when it is scarce, 2 to 262144; 1024 is everybody's default.</summary>
    public long? CpuShares { get; init; }

    /// <summary>CPU time per period, at least 1000; -1 for no limit.</summary>
    public long? CpuQuota { get; init; }

    /// <summary>1000 to 1000000; the kernel's default is 100000.</summary>
    public long? CpuPeriod { get; init; }

    /// <summary>Real-time scheduling budget per <see cref="CpuRtPeriod"/>; v1 only.</summary>
    public long? CpuRtRuntime { get; init; }

    public long? CpuRtPeriod { get; init; }

    /// <summary>CPUs to run on, as "0-3,7".</summary>
    public string? CpuSet { get; init; }

    /// <summary>Memory nodes to allocate from, as "0,1".</summary>
    public string? CpuSetMemory { get; init; }

    /// <summary>Share of the disk when it is scarce, 10 to 1000.</summary>
    public int? BlkioWeight { get; init; }

    /// <summary>Weights of single disks; the key is a path such as /dev/sda.</summary>
    public IReadOnlyDictionary<string, long> BlkioWeightDevice { get; init; } = ReadOnlyDictionary<string, long>.Empty;

    /// <summary>Bytes per second; 0 lifts the limit. Also for the next three (the last two: operations per second).</summary>
    public IReadOnlyDictionary<string, long> DeviceReadBps { get; init; } = ReadOnlyDictionary<string, long>.Empty;

    public IReadOnlyDictionary<string, long> DeviceWriteBps { get; init; } = ReadOnlyDictionary<string, long>.Empty;

    public IReadOnlyDictionary<string, long> DeviceReadIops { get; init; } = ReadOnlyDictionary<string, long>.Empty;

    public IReadOnlyDictionary<string, long> DeviceWriteIops { get; init; } = ReadOnlyDictionary<string, long>.Empty;

    /// <summary>Files of the v2 cgroup to write as they are, such as memory.high = 64M.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    internal bool HasMemory =>
        Memory is not null || MemoryReservation is not null || MemorySwap is not null || MemorySwappiness is not null || OomKillDisable;

    internal bool HasPids => PidsLimit is not null;

    internal bool HasCpu =>
        Cpus is not null || CpuShares is not null || CpuQuota is not null || CpuPeriod is not null || CpuRtRuntime is not null
        || CpuRtPeriod is not null;

    internal bool HasCpuSet => CpuSet is not null || CpuSetMemory is not null;

    internal bool HasBlockIo =>
        BlkioWeight is not null || BlkioWeightDevice.Count > 0 || DeviceReadBps.Count > 0 || DeviceWriteBps.Count > 0
        || DeviceReadIops.Count > 0 || DeviceWriteIops.Count > 0;

    internal bool IsAnySet => HasMemory || HasPids || HasCpu || HasCpuSet || HasBlockIo || Settings.Count > 0;

    /// <summary>Quota and period as the kernel takes them, whichever way they were given.</summary>
    internal (long? Quota, long? Period) CpuBandwidth =>
        Cpus is { } cpus ? ((long)(cpus * DefaultCpuPeriod), DefaultCpuPeriod) : (CpuQuota, CpuPeriod);

    /// <summary>The number of processes as the files take it.</summary>
    internal string? PidsText => PidsLimit is not { } limit ? null : limit <= 0 ? "max" : $"{limit}";
}
