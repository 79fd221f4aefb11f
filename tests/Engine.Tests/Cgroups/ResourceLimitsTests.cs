using Containers.Engine.Cgroups;
using Xunit;

namespace Containers.Engine.Tests.Cgroups;

public class ResourceLimitsTests
{
    private static readonly Dictionary<string, long> s_null = new() { ["/dev/null"] = 100 };

    public static TheoryData<string, ResourceLimits> Bad => new()
    {
        { "InvalidMemoryLimit", new() { Memory = (512 * 1024) - 1 } },
        { "InvalidMemoryLimit", new() { Memory = 0 } },
        { "InvalidMemoryLimit", new() { Memory = -2 } },
        { "InvalidMemoryReservation", new() { Memory = 1 << 20, MemoryReservation = 2 << 20 } },
        { "InvalidMemorySwap", new() { Memory = 2 << 20, MemorySwap = 1 << 20 } },
        { "InvalidMemorySwap", new() { MemorySwap = 0 } },
        { "InvalidMemorySwap", new() { Memory = -1, MemorySwap = 1 << 20 } },
        { "InvalidMemorySwappiness", new() { MemorySwappiness = 101 } },
        { "InvalidPidsLimit", new() { PidsLimit = -2 } },
        { "InvalidCpuCount", new() { Cpus = 0 } },
        { "InvalidCpuCount", new() { Cpus = 100000 } },
        { "CpuLimitConflict", new() { Cpus = 1, CpuQuota = 5000 } },
        { "CpuLimitConflict", new() { Cpus = 1, CpuPeriod = 5000 } },
        { "InvalidCpuShares", new() { CpuShares = 1 } },
        { "InvalidCpuShares", new() { CpuShares = 262145 } },
        { "InvalidCpuQuota", new() { CpuQuota = 999 } },
        { "InvalidCpuPeriod", new() { CpuPeriod = 999 } },
        { "InvalidCpuPeriod", new() { CpuPeriod = 1000001 } },
        { "InvalidCpuRealtime", new() { CpuRtRuntime = 2000, CpuRtPeriod = 1000 } },
        { "InvalidCpuSet", new() { CpuSet = "" } },
        { "InvalidCpuSet", new() { CpuSet = "0-" } },
        { "InvalidCpuSet", new() { CpuSet = "1-0" } },
        { "InvalidCpuSet", new() { CpuSet = "0;1" } },
        { "InvalidCpuSet", new() { CpuSet = "0,60000" } },
        { "InvalidCpuSet", new() { CpuSet = "0-99999999999" } },
        { "InvalidMemoryNodeSet", new() { CpuSetMemory = "4000" } },
        { "InvalidBlkioWeight", new() { BlkioWeight = 9 } },
        { "InvalidBlkioWeight", new() { BlkioWeight = 1001 } },
        { "InvalidBlkioWeight", new() { BlkioWeightDevice = new Dictionary<string, long> { ["/dev/null"] = 5 } } },
        { "InvalidBlockDevice", new() { BlkioWeightDevice = s_null } },
        { "InvalidBlockDevice", new() { DeviceReadBps = s_null } },
        { "InvalidBlockDevice", new() { DeviceWriteBps = new Dictionary<string, long> { ["/dev/no-such-disk"] = 1 } } },
        { "InvalidDeviceRate", new() { DeviceReadIops = new Dictionary<string, long> { ["/dev/null"] = -1 } } },
        { "InvalidDeviceRate", new() { DeviceWriteIops = new Dictionary<string, long> { ["/dev/null"] = 1L << 33 } } },
        { "InvalidCgroupSetting", Setting("cgroup.procs", "1") },
        { "InvalidCgroupSetting", Setting("../memory.max", "1") },
        { "InvalidCgroupSetting", Setting("memory", "1") },
        { "InvalidCgroupSetting", Setting("memory.high\n", "1") },
        { "InvalidCgroupSetting", Setting("memory.high", "1\n2") },
        { "InvalidCgroupSetting", Setting("memory.high", "") },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_limit_out_of_range_is_named(string errorId, ResourceLimits limits)
    {
        EngineException e = Assert.Throws<EngineException>(limits.Validate);

        Assert.Equal(errorId, e.ErrorId);
        Assert.Equal(EngineErrorKind.InvalidArgument, e.Kind);
        Assert.NotNull(e.Action);
    }

    [Fact]
    public void The_edges_of_every_range_are_accepted()
    {
        new ResourceLimits().Validate();
        new ResourceLimits
        {
            Memory = 512 * 1024,
            MemoryReservation = 512 * 1024,
            MemorySwap = 512 * 1024,
            MemorySwappiness = 100,
            PidsLimit = -1,
            Cpus = 0.01m,
            CpuShares = 2,
            CpuRtRuntime = 950000,
            CpuSet = "0",
            CpuSetMemory = "0",
            BlkioWeight = 1000,
            Settings = new Dictionary<string, string> { ["memory.high"] = "64M", ["hugetlb.2MB.max"] = "0" },
        }.Validate();
        new ResourceLimits { Memory = -1, MemorySwap = -1, CpuQuota = -1, CpuPeriod = 1000 }.Validate();
    }

    [Theory]
    [InlineData("0-3,7", "0-2,9", "3,7")]
    [InlineData("1,1,0", "0-1", "")]
    public void A_cpu_list_knows_what_another_lacks(string list, string other, string missing) =>
        Assert.Equal(missing, string.Join(',', CpuList.Parse(list)!.Except(CpuList.Parse(other)!)));

    private static ResourceLimits Setting(string file, string value) =>
        new() { Settings = new Dictionary<string, string> { [file] = value } };
}
