using Containers.Engine.Cgroups;

namespace Containers.Engine.Lifecycle;

internal static class LimitChange
{
    /// <summary>The limits after a change: what is set in the change, and the rest as it was.</summary>
    internal static ResourceLimits Merge(ResourceLimits now, ResourceLimits change) => new()
    {
        Memory = change.Memory ?? now.Memory,
        MemoryReservation = change.MemoryReservation ?? now.MemoryReservation,
        MemorySwap = change.MemorySwap ?? now.MemorySwap,
        MemorySwappiness = change.MemorySwappiness ?? now.MemorySwappiness,
        OomKillDisable = change.OomKillDisable || now.OomKillDisable,
        PidsLimit = change.PidsLimit ?? now.PidsLimit,
        Cpus = change.Cpus ?? (change.CpuQuota is null ? now.Cpus : null),
        CpuShares = change.CpuShares ?? now.CpuShares,
        CpuQuota = change.CpuQuota ?? (change.Cpus is null ? now.CpuQuota : null),
        CpuPeriod = change.CpuPeriod ?? (change.Cpus is null ? now.CpuPeriod : null),
        CpuRtRuntime = change.CpuRtRuntime ?? now.CpuRtRuntime,
        CpuRtPeriod = change.CpuRtPeriod ?? now.CpuRtPeriod,
        CpuSet = change.CpuSet ?? now.CpuSet,
        CpuSetMemory = change.CpuSetMemory ?? now.CpuSetMemory,
        BlkioWeight = change.BlkioWeight ?? now.BlkioWeight,
        BlkioWeightDevice = Merge(now.BlkioWeightDevice, change.BlkioWeightDevice),
        DeviceReadBps = Merge(now.DeviceReadBps, change.DeviceReadBps),
        DeviceWriteBps = Merge(now.DeviceWriteBps, change.DeviceWriteBps),
        DeviceReadIops = Merge(now.DeviceReadIops, change.DeviceReadIops),
        DeviceWriteIops = Merge(now.DeviceWriteIops, change.DeviceWriteIops),
        Settings = Merge(now.Settings, change.Settings),
    };

    internal static Dictionary<string, T> Merge<T>(IReadOnlyDictionary<string, T> now, IReadOnlyDictionary<string, T> change)
    {
        Dictionary<string, T> merged = new(now);
        foreach ((string key, T value) in change)
        {
            merged[key] = value;
        }

        return merged;
    }
}
