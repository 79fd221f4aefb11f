using Containers.Engine.Cgroups;
using Containers.Engine.Lifecycle;
using Xunit;

namespace Containers.Engine.Tests.Lifecycle;

public class LimitChangeTests
{
    [Fact]
    public void What_is_not_given_stays()
    {
        ResourceLimits now = new()
        {
            Memory = 1 << 20, PidsLimit = 5, Cpus = 0.5m, CpuSet = "0", OomKillDisable = true,
            DeviceReadBps = new Dictionary<string, long> { ["/dev/a"] = 1 },
        };
        ResourceLimits merged = LimitChange.Merge(now, new ResourceLimits());
        ResourceLimits sameMaps = merged with
        {
            BlkioWeightDevice = now.BlkioWeightDevice, DeviceReadBps = now.DeviceReadBps, DeviceWriteBps = now.DeviceWriteBps,
            DeviceReadIops = now.DeviceReadIops, DeviceWriteIops = now.DeviceWriteIops, Settings = now.Settings,
        };
        Assert.Equal(now, sameMaps);
        Assert.Equal(now.DeviceReadBps, merged.DeviceReadBps);
    }

    [Fact]
    public void What_is_given_replaces_and_maps_are_joined()
    {
        ResourceLimits now = new()
        {
            Memory = 1 << 20, PidsLimit = 5, DeviceReadBps = new Dictionary<string, long> { ["/dev/a"] = 1, ["/dev/b"] = 2 },
            Settings = new Dictionary<string, string> { ["memory.high"] = "1M" },
        };
        ResourceLimits merged = LimitChange.Merge(now, new ResourceLimits
        {
            Memory = -1, DeviceReadBps = new Dictionary<string, long> { ["/dev/b"] = 0, ["/dev/c"] = 3 },
        });
        Assert.Equal((-1L, 5L), (merged.Memory, merged.PidsLimit));
        Assert.Equal(new Dictionary<string, long> { ["/dev/a"] = 1, ["/dev/b"] = 0, ["/dev/c"] = 3 }, merged.DeviceReadBps);
        Assert.Equal("1M", merged.Settings["memory.high"]);
    }

    [Fact]
    public void A_number_of_cpus_and_a_quota_replace_each_other()
    {
        ResourceLimits quota = LimitChange.Merge(new ResourceLimits { Cpus = 1 }, new ResourceLimits { CpuQuota = 5000 });
        Assert.Equal((null, 5000L), (quota.Cpus, quota.CpuQuota));
        ResourceLimits cpus = LimitChange.Merge(new ResourceLimits { CpuQuota = 5000, CpuPeriod = 10000 }, new ResourceLimits { Cpus = 1 });
        Assert.Equal((1m, null, null), (cpus.Cpus, cpus.CpuQuota, cpus.CpuPeriod));
        cpus.Validate();
    }

    [Fact]
    public void A_period_alone_does_not_go_with_a_number_of_cpus()
    {
        ResourceLimits merged = LimitChange.Merge(new ResourceLimits { Cpus = 1 }, new ResourceLimits { CpuPeriod = 50000 });
        Assert.Equal("CpuLimitConflict", Assert.Throws<EngineException>(merged.Validate).ErrorId);
    }
}
