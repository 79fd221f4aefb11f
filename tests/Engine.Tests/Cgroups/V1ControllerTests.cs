using Containers.Engine.Cgroups;
using Containers.Engine.Cgroups.V1;
using Xunit;

namespace Containers.Engine.Tests.Cgroups;

public class V1ControllerTests
{
    private const string Memory = "memory.limit_in_bytes";
    private const string Swap = "memory.memsw.limit_in_bytes";
    private const string NoLimit = "9223372036854771712\n";
    private readonly List<string> _warnings = [];

    [Fact]
    public void A_cpu_limit_is_quota_and_period()
    {
        using FakeGroup group = new("cpu.shares", "cpu.cfs_quota_us", "cpu.cfs_period_us");

        CpuController.Apply(group.Path, new ResourceLimits { Cpus = 0.5m, CpuShares = 512 }, _warnings);

        Assert.Equal("512", group["cpu.shares"]);
        Assert.Equal("50000", group["cpu.cfs_quota_us"]);
        Assert.Equal("100000", group["cpu.cfs_period_us"]);
    }

    [Theory]
    [InlineData(null, "134217728")]
    [InlineData(-1L, "-1")]
    [InlineData(100000000L, "100000000")]
    public void Memory_and_swap_together_are_twice_the_memory_unless_said_otherwise(long? swap, string written)
    {
        using FakeGroup group = new(Memory, Swap);

        MemoryController.Apply(group.Path, new ResourceLimits { Memory = 64 << 20, MemorySwap = swap }, false, _warnings);

        Assert.Equal("67108864", group[Memory]);
        Assert.Equal(written, group[Swap]);
    }

    [Theory]
    [InlineData("67108864\n", "100663296\n", 128L << 20, "167772160")] // 32 MiB of swap before and after
    [InlineData("67108864\n", NoLimit, 128L << 20, "-1")]
    [InlineData(NoLimit, NoLimit, 128L << 20, "-1")]
    [InlineData("67108864\n", "100663296\n", -1L, "-1")]
    public void An_update_keeps_the_allowed_swap(string memory, string total, long wanted, string written)
    {
        using FakeGroup group = new();
        group[Memory] = memory;
        group[Swap] = total;

        MemoryController.Apply(group.Path, new ResourceLimits { Memory = wanted }, true, _warnings);

        Assert.Equal($"{wanted}", group[Memory]);
        Assert.Equal(written, group[Swap]);
    }

    [Fact]
    public void Without_swap_accounting_only_who_asked_is_warned()
    {
        using FakeGroup group = new(Memory);

        MemoryController.Apply(group.Path, new ResourceLimits { Memory = 64 << 20 }, false, _warnings);
        Assert.Empty(_warnings);

        MemoryController.Apply(group.Path, new ResourceLimits { Memory = 64 << 20, MemorySwap = 64 << 20 }, false, _warnings);
        Assert.Single(_warnings);
    }

    [Fact]
    public void A_new_cpuset_takes_what_its_parents_have()
    {
        using FakeGroup top = new();
        top["cpuset.cpus"] = "0-3\n";
        top["cpuset.mems"] = "0\n";
        foreach (string directory in (string[])["a", "a/b"])
        {
            Directory.CreateDirectory($"{top.Path}/{directory}");
            top[$"{directory}/cpuset.cpus"] = "\n";
            top[$"{directory}/cpuset.mems"] = "\n";
        }

        top["a/cpuset.cpus"] = "0-1\n";
        CpusetController.Inherit($"{top.Path}/a/b", top.Path);

        Assert.Equal("0-1", top["a/cpuset.cpus"]);
        Assert.Equal("0", top["a/cpuset.mems"]);
        Assert.Equal("0-1", top["a/b/cpuset.cpus"]);
        Assert.Equal("0", top["a/b/cpuset.mems"]);
    }

    [Theory]
    [InlineData("blkio.bfq.weight")]
    [InlineData("blkio.weight")]
    public void The_block_io_weight_goes_to_the_file_that_is_there(string file)
    {
        using FakeGroup group = new(file);

        BlkioController.Apply(group.Path, new ResourceLimits { BlkioWeight = 300 }, _warnings);

        Assert.Equal("300", group[file]);
        Assert.Empty(_warnings);
    }

    [Fact]
    public void Block_io_without_weights_is_a_warning()
    {
        using FakeGroup group = new();

        BlkioController.Apply(group.Path, new ResourceLimits { BlkioWeight = 300 }, _warnings);

        Assert.Single(_warnings);
    }

    [Fact]
    public void Statistics_sum_all_disks_and_show_no_limit_as_none()
    {
        using FakeGroup group = new();
        group["blkio.throttle.io_service_bytes"] = "8:0 Read 10\n8:0 Write 20\n8:16 Read 1\nTotal 31\n";
        group["blkio.throttle.io_serviced"] = "8:0 Read 2\n8:0 Write 3\nTotal 5\n";
        group["memory.usage_in_bytes"] = "4096\n";
        group[Memory] = NoLimit;
        group["memory.oom_control"] = "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n";
        group["cpuacct.usage"] = "77\n";

        CgroupStatistics s = BlkioController.Read(group.Path, MemoryController.Read(group.Path, new()));
        s = CpuController.Read(group.Path, group.Path, s);

        Assert.Equal(
            new CgroupStatistics
            {
                IoReadBytes = 11, IoWriteBytes = 20, IoReads = 2, IoWrites = 3, MemoryBytes = 4096, OomKills = 2, CpuNanoseconds = 77,
            },
            s);
    }
}
