using System.Diagnostics;
using Containers.Engine.Cgroups;
using Containers.Engine.Lifecycle;
using Containers.Engine.Statistics;
using Xunit;

namespace Containers.Engine.Tests.Statistics;

public sealed class StatisticsCalculatorTests
{
    private const long HostMemory = 1L << 30;

    private static readonly Container s_container = new() { Id = new string('a', 64), Name = "web", State = ContainerState.Running };

    [Fact]
    public void Two_busy_processors_of_four_are_200_percent_and_half_of_the_host()
    {
        ContainerStatistic s = Compare(
            At(0, new() { CpuNanoseconds = 1_000_000_000, CpuPeriods = 10, CpuThrottledPeriods = 4 }),
            At(0.5, new() { CpuNanoseconds = 2_000_000_000, CpuPeriods = 15, CpuThrottledPeriods = 5 }));

        Assert.Equal(200, s.CpuPercent!.Value, 6);
        Assert.Equal(50, s.HostCpuPercent!.Value, 6);
        Assert.Equal(TimeSpan.FromSeconds(2), s.CpuTime);
        Assert.Equal(TimeSpan.FromSeconds(0.5), s.Interval);
        Assert.Equal(20, s.ThrottledPercent!.Value, 6);
    }

    [Fact]
    public void Page_cache_that_was_not_used_lately_is_no_use_of_memory()
    {
        ContainerStatistic s = Compare(
            null, At(1, new() { MemoryBytes = 300 << 20, MemoryInactiveFileBytes = 44 << 20, MemoryCacheBytes = 100 << 20, MemoryLimitBytes = 512 << 20 }));

        Assert.Equal(256 << 20, s.MemoryUsage);
        Assert.Equal(512 << 20, s.MemoryLimit);
        Assert.Equal(50, s.MemoryPercent!.Value, 6);
        Assert.Equal(100 << 20, s.MemoryCache);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(4 * HostMemory)]
    public void Without_a_smaller_limit_the_memory_of_the_host_is_the_limit(long? limit)
    {
        ContainerStatistic s = Compare(null, At(1, new() { MemoryBytes = HostMemory / 4, MemoryInactiveFileBytes = HostMemory, MemoryLimitBytes = limit }));

        Assert.Equal(HostMemory, s.MemoryLimit);
        Assert.Equal(25, s.MemoryPercent!.Value, 6); // docker: what cannot be subtracted is not
    }

    [Fact]
    public void What_the_host_does_not_count_is_null_and_not_zero()
    {
        ContainerStatistic s = Compare(At(0, new()), At(1, new(), networks: null));

        Assert.Equal(
            (null, null, null, null, null, null),
            (s.CpuPercent, s.MemoryUsage, s.MemoryPercent, s.BlockReadBytes, s.NetworkReceivedBytes, s.Pids));
        Assert.Null(s.ThrottledPercent);
        Assert.Empty(s.Networks);
    }

    [Fact]
    public void Interfaces_are_summed_and_their_rates_are_of_the_interval()
    {
        ContainerStatistic s = Compare(
            At(0, new(), [Of("eth0", 100, 10), Of("eth1", 50, 5)]), At(2, new(), [Of("eth0", 300, 10), Of("eth1", 250, 45)]));

        Assert.Equal((550, 55), (s.NetworkReceivedBytes, s.NetworkSentBytes));
        Assert.Equal((200.0, 20.0), (s.NetworkReceiveRate, s.NetworkSendRate));
        Assert.Equal(["eth0", "eth1"], s.Networks.Select(one => one.Name));
    }

    [Fact]
    public void A_counter_that_went_back_has_no_rate()
    {
        ContainerStatistic s = Compare(At(0, new(), [Of("eth0", 100, 10), Of("eth1", 900, 10)]), At(1, new(), [Of("eth0", 120, 30)]));

        Assert.Null(s.NetworkReceiveRate);
        Assert.Equal(120, s.NetworkReceivedBytes);
        Assert.Equal(10.0, s.NetworkSendRate);
    }

    [Fact]
    public void The_kernels_table_of_interfaces_is_read_without_the_loopback()
    {
        const string Table = """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
                lo:    1000      10    0    0    0     0          0         0     1000      10    0    0    0     0       0          0
              eth1:       5       1    2    3    0     0          0         0        9       8    7    6    0     0       0          0
              eth0:18446744073709551615 4 0 0    0     0          0         0    76543     210    0    1    0     0       0          0

            """;

        IReadOnlyList<NetworkStatistic> interfaces = NetworkCounters.Parse(Table);

        Assert.Equal(
            [
                new NetworkStatistic { Name = "eth0", ReceivedBytes = long.MaxValue, ReceivedPackets = 4, SentBytes = 76543, SentPackets = 210, SendDropped = 1 },
                new NetworkStatistic
                {
                    Name = "eth1", ReceivedBytes = 5, ReceivedPackets = 1, ReceiveErrors = 2, ReceiveDropped = 3,
                    SentBytes = 9, SentPackets = 8, SendErrors = 7, SendDropped = 6,
                },
            ],
            interfaces);
    }

    private static ContainerStatistic Compare(ContainerReading? before, ContainerReading now) =>
        StatisticsCalculator.Compare(before, now, processors: 4, HostMemory);

    private static ContainerReading At(double seconds, CgroupStatistics counters, IReadOnlyList<NetworkStatistic>? networks = null) =>
        new(s_container, (long)(seconds * Stopwatch.Frequency), DateTimeOffset.UnixEpoch.AddSeconds(seconds), counters, networks);

    private static NetworkStatistic Of(string name, long received, long sent) => new() { Name = name, ReceivedBytes = received, SentBytes = sent };
}
