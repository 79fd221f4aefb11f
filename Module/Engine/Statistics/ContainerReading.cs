using Containers.Engine.Cgroups;
using Containers.Engine.Lifecycle;

namespace Containers.Engine.Statistics;

/// <summary>The counters of one container at one moment.</summary>
/// <param name="Container">As it was.</param>
/// <param name="Timestamp">Of the monotonic clock (<see cref="System.Diagnostics.Stopwatch"/>), taken beside the CPU counter.</param>
/// <param name="Time">The same for people.</param>
/// <param name="Counters">What the kernel counts for its cgroup.</param>
/// <param name="Networks">Its interfaces; null on the host's network.</param>
internal sealed record ContainerReading(
    Container Container, long Timestamp, DateTimeOffset Time, CgroupStatistics Counters, IReadOnlyList<NetworkStatistic>? Networks);
