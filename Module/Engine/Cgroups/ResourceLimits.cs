namespace Containers.Engine.Cgroups;

public sealed record ResourceLimits
{
    public long? Memory { get; init; }

    public long? MemoryReservation { get; init; }

    public long? MemorySwap { get; init; }

    public int? MemorySwappiness { get; init; }

    public bool OomKillDisable { get; init; }

    public long? PidsLimit { get; init; }

    public decimal? Cpus { get; init; }

    public long? CpuShares { get; init; }

    public long? CpuQuota { get; init; }

    public long? CpuPeriod { get; init; }

    public long? CpuRtRuntime { get; init; }

    public long? CpuRtPeriod { get; init; }

    public string? CpuSet { get; init; }

    public string? CpuSetMemory { get; init; }

    public int? BlkioWeight { get; init; }

    public IReadOnlyDictionary<string, long> BlkioWeightDevice { get; init; } = new Dictionary<string, long>();

    public IReadOnlyDictionary<string, long> DeviceReadBps { get; init; } = new Dictionary<string, long>();

    public IReadOnlyDictionary<string, long> DeviceWriteBps { get; init; } = new Dictionary<string, long>();

    public IReadOnlyDictionary<string, long> DeviceReadIops { get; init; } = new Dictionary<string, long>();

    public IReadOnlyDictionary<string, long> DeviceWriteIops { get; init; } = new Dictionary<string, long>();

    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
}

public sealed record DeviceRule(char Type, long Major, long Minor, string Access, bool Allow)
{
    public static DeviceRule Parse(string text) => throw new NotImplementedException();
}
