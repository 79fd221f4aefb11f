using System.Text.RegularExpressions;

namespace Containers.Engine.Cgroups;

public sealed partial record ResourceLimits
{
    internal const long DefaultCpuPeriod = 100_000;
    private const long MemoryMinimum = 512 * 1024;

    /// <summary>Checks every value against its range, the other values and this host, before anything is made.</summary>
    /// <exception cref="EngineException">
    /// InvalidArgument with InvalidMemoryLimit, InvalidMemoryReservation, InvalidMemorySwap, InvalidMemorySwappiness,
    /// InvalidPidsLimit, InvalidCpuCount, CpuLimitConflict, InvalidCpuShares, InvalidCpuQuota, InvalidCpuPeriod,
    /// InvalidCpuRealtime, InvalidCpuSet, InvalidMemoryNodeSet, InvalidBlkioWeight, InvalidDeviceRate, InvalidBlockDevice or
    /// InvalidCgroupSetting.
    /// </exception>
    public void Validate()
    {
        ValidateMemory();
        if (PidsLimit < -1)
        {
            throw Invalid(
                "InvalidPidsLimit", $"A process limit of {PidsLimit} makes no sense.", PidsLimit, "Give 1 or more, or -1 for no limit.");
        }

        ValidateCpu();
        ValidateBlockIo();
        foreach ((string file, string value) in Settings)
        {
            // The cgroup.* files move, kill and delegate: they belong to the engine.
            if (!SettingName().IsMatch(file) || file.StartsWith("cgroup.", StringComparison.Ordinal)
                || value.Length is 0 or > 256 || value.Any(char.IsControl))
            {
                throw Invalid(
                    "InvalidCgroupSetting",
                    $"The cgroup setting '{file}' is not a controller's file with a one-line value.",
                    file,
                    "Name a file of the cgroup v2 controllers, for example @{ 'memory.high' = '64M' }.");
            }
        }
    }

    private void ValidateMemory()
    {
        if (Memory is not null and not -1 and < MemoryMinimum)
        {
            throw Invalid("InvalidMemoryLimit", $"A memory limit of {Memory} bytes is too small.", Memory, "Give at least 512KB.");
        }

        if (MemoryReservation is < 0 || (Memory > 0 && MemoryReservation > Memory))
        {
            throw Invalid(
                "InvalidMemoryReservation",
                $"A memory reservation of {MemoryReservation} bytes does not fit the memory limit.",
                MemoryReservation,
                "Give at most the memory limit.");
        }

        if (MemorySwap is < -1 or 0 || (MemorySwap > 0 && (Memory == -1 || MemorySwap < Memory)))
        {
            throw Invalid(
                "InvalidMemorySwap",
                $"{MemorySwap} bytes of memory and swap together are less than the memory limit.",
                MemorySwap,
                "Give memory plus swap, at least the memory limit, or -1 for no limit.");
        }

        if (MemorySwappiness is < 0 or > 100)
        {
            throw Invalid(
                "InvalidMemorySwappiness", $"A swappiness of {MemorySwappiness} is out of range.", MemorySwappiness, "Give 0 to 100.");
        }
    }

    private void ValidateCpu()
    {
        if (Cpus is { } cpus)
        {
            if (CpuQuota is not null || CpuPeriod is not null)
            {
                throw Invalid(
                    "CpuLimitConflict",
                    "A number of CPUs and a CPU quota or period say the same thing twice.",
                    cpus,
                    "Give either the number of CPUs, or quota and period.");
            }

            int online = CpuList.OnlineCpus().Count;
            if (cpus < 0.01m || cpus > online)
            {
                throw Invalid("InvalidCpuCount", $"{cpus} CPUs are out of range.", cpus, $"Give 0.01 to {online}, what this host has.");
            }
        }

        if (CpuShares is < 2 or > 262144)
        {
            throw Invalid(
                "InvalidCpuShares", $"A CPU share of {CpuShares} is out of range.", CpuShares, "Give 2 to 262144; 1024 is the default.");
        }

        if (CpuQuota is not null and not -1 and < 1000)
        {
            throw Invalid(
                "InvalidCpuQuota",
                $"A CPU quota of {CpuQuota} microseconds is too small.",
                CpuQuota, "Give at least 1000, or -1 for no limit.");
        }

        if (CpuPeriod is < 1000 or > 1_000_000)
        {
            throw Invalid(
                "InvalidCpuPeriod", $"A CPU period of {CpuPeriod} microseconds is out of range.", CpuPeriod, "Give 1000 to 1000000.");
        }

        if (CpuRtRuntime < 0 || CpuRtPeriod <= 0 || CpuRtRuntime > (CpuRtPeriod ?? 1_000_000))
        {
            throw Invalid(
                "InvalidCpuRealtime",
                $"A real-time budget of {CpuRtRuntime} in a period of {CpuRtPeriod ?? 1_000_000} microseconds makes no sense.",
                CpuRtRuntime,
                "Give a budget that is at most the period.");
        }

        ValidateList(CpuSet, "InvalidCpuSet", "CPU", CpuList.OnlineCpus);
        ValidateList(CpuSetMemory, "InvalidMemoryNodeSet", "memory node", CpuList.OnlineNodes);
    }

    private static void ValidateList(string? text, string errorId, string what, Func<CpuList> online)
    {
        if (text is null)
        {
            return;
        }

        CpuList list = CpuList.Parse(text)
            ?? throw Invalid(errorId, $"'{text}' is not a list of {what}s.", text, "Write numbers and ranges, for example 0-3,7.");
        if (list.Except(online()) is { Count: > 0 } missing)
        {
            throw Invalid(
                errorId,
                $"'{text}' names {what} {missing[0]}, which this host does not have.",
                text, $"Name only {what}s that are online.");
        }
    }

    private void ValidateBlockIo()
    {
        foreach (long weight in BlkioWeightDevice.Values.Append(BlkioWeight ?? 10))
        {
            if (weight is < 10 or > 1000)
            {
                throw Invalid("InvalidBlkioWeight", $"A block io weight of {weight} is out of range.", weight, "Give 10 to 1000.");
            }
        }

        foreach (string device in BlkioWeightDevice.Keys)
        {
            _ = BlockDevice.Number(device);
        }

        ValidateRates(DeviceReadBps, long.MaxValue);
        ValidateRates(DeviceWriteBps, long.MaxValue);
        ValidateRates(DeviceReadIops, uint.MaxValue);
        ValidateRates(DeviceWriteIops, uint.MaxValue);
    }

    private static void ValidateRates(IReadOnlyDictionary<string, long> rates, long maximum)
    {
        foreach ((string device, long rate) in rates)
        {
            if (rate < 0 || rate > maximum)
            {
                throw Invalid("InvalidDeviceRate", $"A rate of {rate} for '{device}' is out of range.", rate, $"Give 0 to {maximum}.");
            }

            _ = BlockDevice.Number(device);
        }
    }

    private static EngineException Invalid(string errorId, string message, object? target, string action) =>
        new(EngineErrorKind.InvalidArgument, errorId, message, target, action);

    [GeneratedRegex(@"\A[A-Za-z0-9_]{1,64}(\.[A-Za-z0-9_]{1,64}){1,4}\z")]
    private static partial Regex SettingName();
}
