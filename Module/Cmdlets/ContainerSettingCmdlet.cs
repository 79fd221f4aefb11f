using System.Collections;
using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Cgroups;
using Containers.Engine.Launch.Plan;

namespace Containers.Cmdlets;

/// <summary>Limits, restart policy, health check and variables: what New-Container sets and Set-Container changes.</summary>
public abstract partial class ContainerSettingCmdlet : ContainersCmdlet
{
    /// <summary>Processors it may use at most, for example 1.5.</summary>
    [Parameter]
    [Alias("Cpus")]
    public decimal? Cpu { get; set; }

    /// <summary>Share of the processors when they are contended; 1024 is usual.</summary>
    [Parameter]
    public long? CpuShares { get; set; }

    /// <summary>Microseconds of processor time per period.</summary>
    [Parameter]
    public long? CpuQuota { get; set; }

    /// <summary>Length of a period in microseconds.</summary>
    [Parameter]
    public long? CpuPeriod { get; set; }

    /// <summary>Microseconds of real-time scheduling per real-time period.</summary>
    [Parameter]
    public long? CpuRtRuntime { get; set; }

    /// <summary>Length of a real-time period in microseconds.</summary>
    [Parameter]
    public long? CpuRtPeriod { get; set; }

    /// <summary>Processors it may run on, for example 0-2,4.</summary>
    [Parameter]
    public string? CpuSet { get; set; }

    /// <summary>Memory nodes it may use, for example 0,1.</summary>
    [Parameter]
    public string? CpuSetMemory { get; set; }

    /// <summary>Memory in bytes.</summary>
    [Parameter, SizeTransformation]
    public long? Memory { get; set; }

    /// <summary>Memory that is left to it when memory is short, in bytes.</summary>
    [Parameter, SizeTransformation]
    public long? MemoryReservation { get; set; }

    /// <summary>Memory and swap together in bytes; -1 for no limit of swap.</summary>
    [Parameter, SizeTransformation]
    public long? MemorySwap { get; set; }

    /// <summary>0 to 100: how readily memory is swapped out.</summary>
    [Parameter]
    public int? MemorySwappiness { get; set; }

    /// <summary>Processes wait for memory instead of being killed.</summary>
    [Parameter]
    public SwitchParameter OomKillDisable { get; set; }

    /// <summary>Processes and threads; -1 for no limit.</summary>
    [Parameter]
    public long? PidsLimit { get; set; }

    /// <summary>10 to 1000: share of block devices when they are contended.</summary>
    [Parameter]
    public int? BlkioWeight { get; set; }

    /// <summary>The same for single devices: path and weight.</summary>
    [Parameter, MapTransformation(OtherSeparator = ':')]
    public IDictionary? BlkioWeightDevice { get; set; }

    /// <summary>Bytes per second read from a device: path and rate.</summary>
    [Parameter, MapTransformation(OtherSeparator = ':')]
    public IDictionary? DeviceReadBps { get; set; }

    /// <summary>Bytes per second written to a device: path and rate.</summary>
    [Parameter, MapTransformation(OtherSeparator = ':')]
    public IDictionary? DeviceWriteBps { get; set; }

    /// <summary>Reads per second from a device: path and rate.</summary>
    [Parameter, MapTransformation(OtherSeparator = ':')]
    public IDictionary? DeviceReadIops { get; set; }

    /// <summary>Writes per second to a device: path and rate.</summary>
    [Parameter, MapTransformation(OtherSeparator = ':')]
    public IDictionary? DeviceWriteIops { get; set; }

    /// <summary>Files of the cgroup and what is written to them.</summary>
    [Parameter, MapTransformation]
    public IDictionary? CgroupSetting { get; set; }

    /// <summary>When it is started again after it has ended.</summary>
    [Parameter, RestartPolicyTransformation]
    public RestartKind? RestartPolicy { get; set; }

    /// <summary>OnFailure: how many failures in a row before it stays ended.</summary>
    [Parameter, ValidateRange(0, int.MaxValue)]
    public int? RestartMaximum { get; set; }

    /// <summary>The limits given, or null when none is.</summary>
    private protected ResourceLimits? BuildLimitsOrNull() => BuildLimits() is var limits && limits == s_none && NoMaps() ? null : limits;

    private protected ResourceLimits BuildLimits()
    {
        ResourceLimits limits = s_none with
        {
            Cpus = Cpu,
            CpuShares = CpuShares,
            CpuQuota = CpuQuota,
            CpuPeriod = CpuPeriod,
            CpuRtRuntime = CpuRtRuntime,
            CpuRtPeriod = CpuRtPeriod,
            CpuSet = CpuSet,
            CpuSetMemory = CpuSetMemory,
            Memory = Memory,
            MemoryReservation = MemoryReservation,
            MemorySwap = MemorySwap,
            MemorySwappiness = MemorySwappiness,
            OomKillDisable = OomKillDisable,
            PidsLimit = PidsLimit,
            BlkioWeight = BlkioWeight,
        };
        return NoMaps()
            ? limits
            : limits with
            {
                BlkioWeightDevice = Numbers(BlkioWeightDevice),
                DeviceReadBps = Numbers(DeviceReadBps),
                DeviceWriteBps = Numbers(DeviceWriteBps),
                DeviceReadIops = Numbers(DeviceReadIops),
                DeviceWriteIops = Numbers(DeviceWriteIops),
                Settings = Map(CgroupSetting),
            };
    }

    private static readonly ResourceLimits s_none = new();

    private bool NoMaps() => BlkioWeightDevice is null && DeviceReadBps is null && DeviceWriteBps is null
        && DeviceReadIops is null && DeviceWriteIops is null && CgroupSetting is null;

    private static Dictionary<string, long> Numbers(IDictionary? map)
    {
        Dictionary<string, long> result = new(StringComparer.Ordinal);
        foreach ((string key, string value) in Map(map))
        {
            result[key] = ByteSize.TryParse(value, out long number)
                ? number
                : throw new EngineException(
                    EngineErrorKind.InvalidArgument, "InvalidSize", $"\"{value}\" is no number for \"{key}\".", value,
                    "Give a number such as 10MB, or text such as '10m'.");
        }

        return result;
    }
}
