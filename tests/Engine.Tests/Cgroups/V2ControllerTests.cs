using Containers.Engine.Cgroups;
using Containers.Engine.Cgroups.V2;
using Xunit;

namespace Containers.Engine.Tests.Cgroups;

public class V2ControllerTests
{
    private readonly List<string> _warnings = [];

    [Theory]
    [InlineData(2, 1)]
    [InlineData(1024, 100)]
    [InlineData(262144, 10000)]
    [InlineData(512, 59)]
    public void Shares_become_weights_that_keep_the_ends_and_the_default(long shares, int weight) =>
        Assert.Equal(weight, CpuController.Weight(shares));

    [Theory]
    [InlineData(10, 1)]
    [InlineData(500, 4950)]
    [InlineData(1000, 10000)]
    public void Block_io_weights_are_stretched(long docker, long weight) => Assert.Equal(weight, IoController.Weight(docker));

    [Fact]
    public void Cpus_become_quota_and_period()
    {
        using FakeGroup group = new("cpu.max", "cpu.weight");

        CpuController.Apply(group.Path, new ResourceLimits { Cpus = 1.5m, CpuShares = 1024 }, _warnings);

        Assert.Equal("150000 100000", group["cpu.max"]);
        Assert.Equal("100", group["cpu.weight"]);
        Assert.Empty(_warnings);
    }

    [Theory]
    [InlineData(-1L, null, "max")]
    [InlineData(20000L, null, "20000")]
    [InlineData(20000L, 50000L, "20000 50000")]
    [InlineData(null, 50000L, "7000 50000")]
    public void A_quota_or_period_alone_leaves_the_other(long? quota, long? period, string written)
    {
        using FakeGroup group = new();
        group["cpu.max"] = "7000 100000\n";

        CpuController.Apply(group.Path, new ResourceLimits { CpuQuota = quota, CpuPeriod = period }, _warnings);

        Assert.Equal(written, group["cpu.max"]);
    }

    [Fact]
    public void Swap_is_what_is_above_memory()
    {
        using FakeGroup group = new("memory.max", "memory.swap.max", "memory.low");

        MemoryController.Apply(
            group.Path, new ResourceLimits { Memory = 64 << 20, MemorySwap = 80 << 20, MemoryReservation = 1 << 20 }, false, _warnings);

        Assert.Equal($"{64 << 20}", group["memory.max"]);
        Assert.Equal($"{16 << 20}", group["memory.swap.max"]);
        Assert.Equal($"{1 << 20}", group["memory.low"]);
        Assert.Empty(_warnings);
    }

    [Theory]
    [InlineData(null, "67108864")]
    [InlineData(-1L, "max")]
    public void Swap_is_as_much_as_memory_unless_said_otherwise(long? swap, string written)
    {
        using FakeGroup group = new("memory.max", "memory.swap.max");

        MemoryController.Apply(group.Path, new ResourceLimits { Memory = 64 << 20, MemorySwap = swap }, false, _warnings);

        Assert.Equal(written, group["memory.swap.max"]);
    }

    [Fact]
    public void Without_swap_accounting_only_who_asked_is_warned()
    {
        using FakeGroup group = new("memory.max");

        MemoryController.Apply(group.Path, new ResourceLimits { Memory = 64 << 20 }, false, _warnings);
        Assert.Empty(_warnings);

        MemoryController.Apply(group.Path, new ResourceLimits { Memory = 64 << 20, MemorySwap = 64 << 20 }, false, _warnings);
        Assert.Contains("memory.swap.max", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void An_update_that_would_kill_is_refused_and_writes_nothing()
    {
        using FakeGroup group = new();
        group["memory.max"] = "max";
        group["memory.current"] = "9000000\n";

        EngineException e = Assert.Throws<EngineException>(
            () => MemoryController.Apply(group.Path, new ResourceLimits { Memory = 1 << 20 }, true, _warnings));

        Assert.Equal("MemoryInUse", e.ErrorId);
        Assert.Equal("max", group["memory.max"]);
    }

    [Fact]
    public void Swap_without_a_memory_limit_is_refused()
    {
        using FakeGroup group = new();
        group["memory.max"] = "max\n";

        EngineException e = Assert.Throws<EngineException>(
            () => MemoryController.Apply(group.Path, new ResourceLimits { MemorySwap = 1 << 20 }, true, _warnings));

        Assert.Equal("InvalidMemorySwap", e.ErrorId);
    }

    [Fact]
    public void What_v2_lacks_is_a_warning()
    {
        using FakeGroup group = new();

        MemoryController.Apply(group.Path, new ResourceLimits { MemorySwappiness = 5, OomKillDisable = true }, false, _warnings);
        CpuController.Apply(group.Path, new ResourceLimits { CpuRtRuntime = 1000, CpuShares = 5 }, _warnings);
        IoController.Apply(group.Path, new ResourceLimits { BlkioWeight = 100 }, _warnings);

        Assert.Equal(5, _warnings.Count);
    }

    [Theory]
    [InlineData(50L, "50")]
    [InlineData(0L, "max")]
    [InlineData(-1L, "max")]
    public void The_number_of_processes_is_limited(long limit, string written)
    {
        using FakeGroup group = new("pids.max");

        PidsController.Apply(group.Path, new ResourceLimits { PidsLimit = limit }, _warnings);

        Assert.Equal(written, group["pids.max"]);
    }

    [Fact]
    public void Cpus_and_memory_nodes_are_written_as_given()
    {
        using FakeGroup group = new("cpuset.cpus", "cpuset.mems");

        CpusetController.Apply(group.Path, new ResourceLimits { CpuSet = "0-1", CpuSetMemory = "0" }, _warnings);

        Assert.Equal("0-1", group["cpuset.cpus"]);
        Assert.Equal("0", group["cpuset.mems"]);
    }

    [Fact]
    public void Both_schedulers_get_their_weight()
    {
        using FakeGroup group = new("io.weight", "io.bfq.weight");

        IoController.Apply(group.Path, new ResourceLimits { BlkioWeight = 500 }, _warnings);

        Assert.Equal("4950", group["io.weight"]);
        Assert.Equal("500", group["io.bfq.weight"]);
    }

    [Fact]
    public void The_rates_of_one_disk_share_a_line()
    {
        ResourceLimits limits = new()
        {
            DeviceReadBps = new Dictionary<string, long> { ["/dev/a"] = 100, ["/dev/b"] = 0 },
            DeviceWriteIops = new Dictionary<string, long> { ["/dev/a"] = 7 },
        };

        Assert.Equal(
            ["8:0 rbps=100 wiops=7", "8:16 rbps=max"],
            IoController.MaximumLines(limits, d => d == "/dev/a" ? "8:0" : "8:16").Select(l => l.Line));
    }

    [Fact]
    public void Statistics_are_read_where_they_exist()
    {
        using FakeGroup group = new();
        group["cpu.stat"] = "usage_usec 12\nuser_usec 8\nsystem_usec 4\nnr_periods 3\nnr_throttled 2\nthrottled_usec 9\n";
        group["memory.current"] = "4096\n";
        group["memory.max"] = "max\n";
        group["memory.stat"] = "anon 1\nfile 3000\nfile_mapped 7\ninactive_file 1024\n";
        group["memory.events"] = "low 0\noom 1\noom_kill 3\noom_group_kill 7\n";
        group["pids.current"] = "5\n";
        group["pids.max"] = "10\n";
        group["io.stat"] = "8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n8:16 rbytes=5 wbytes=6 rios=3 wios=4 dbytes=9 dios=9\n";

        CgroupStatistics s = IoController.Read(
            group.Path, PidsController.Read(group.Path, MemoryController.Read(group.Path, CpuController.Read(group.Path, new()))));

        Assert.Equal(
            new CgroupStatistics
            {
                CpuNanoseconds = 12000,
                CpuUserNanoseconds = 8000,
                CpuSystemNanoseconds = 4000,
                CpuPeriods = 3,
                CpuThrottledPeriods = 2,
                CpuThrottledNanoseconds = 9000,
                MemoryBytes = 4096,
                MemoryInactiveFileBytes = 1024,
                MemoryCacheBytes = 3000,
                OomKills = 3,
                Processes = 5,
                ProcessesLimit = 10,
                IoReadBytes = 15,
                IoWriteBytes = 26,
                IoReads = 4,
                IoWrites = 6,
            },
            s);
    }
}
