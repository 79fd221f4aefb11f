using System.Diagnostics;
using System.Globalization;
using System.Text;
using Containers.Engine.Cgroups;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;

namespace Containers.Engine.Statistics;

/// <summary>
/// Reads the counters of containers, and remembers them: each reading is compared with the one before it. Everything is a file of the kernel's; no
/// program is run and nothing asked of the containers. Not for several threads at once.
/// </summary>
public sealed class StatisticsSampler
{
    private readonly Func<Container, ICgroup> _cgroup;
    private readonly int _processors = HostProcessors();
    private readonly long _memory = HostInformation.ReadMemory();
    private Dictionary<string, ContainerReading> _last = new(StringComparer.Ordinal);

    internal StatisticsSampler(Func<Container, ICgroup> cgroup) => _cgroup = cgroup;

    /// <summary>A first reading, to compare the next one with.</summary>
    public void Begin(IEnumerable<Container> containers) => _last = Read(containers);

    /// <summary>
    /// What the containers use, since the last reading where there was one. One that does not run, or ended meanwhile, gives nothing; one that
    /// was restarted begins anew.
    /// </summary>
    public IReadOnlyList<ContainerStatistic> Next(IEnumerable<Container> containers)
    {
        Dictionary<string, ContainerReading> now = Read(containers);
        List<ContainerStatistic> statistics = [];
        foreach ((string id, ContainerReading reading) in now)
        {
            ContainerReading? before = _last.GetValueOrDefault(id);
            bool sameRun = before?.Container.ProcessId == reading.Container.ProcessId
                && before.Container.ProcessStartTime == reading.Container.ProcessStartTime;
            statistics.Add(StatisticsCalculator.Compare(sameRun ? before : null, reading, _processors, _memory));
        }

        _last = now;
        return statistics;
    }

    private Dictionary<string, ContainerReading> Read(IEnumerable<Container> containers)
    {
        Dictionary<string, ContainerReading> readings = new(StringComparer.Ordinal);
        foreach (Container container in containers)
        {
            if (container.IsRunning && Read(container) is { } reading)
            {
                readings[container.Id] = reading;
            }
        }

        return readings;
    }

    /// <returns>Null when the container ended meanwhile.</returns>
    private ContainerReading? Read(Container container)
    {
        CgroupStatistics counters = _cgroup(container).Read();
        long timestamp = Stopwatch.GetTimestamp();
        IReadOnlyList<NetworkStatistic>? networks = ReadNetworks(container);

        // Looked at last: while this very process lives, all that was read under its pid and in its cgroup was its own.
        return new ProcessIdentity(container.ProcessId, container.ProcessStartTime).IsAlive
            ? new ContainerReading(container, timestamp, DateTimeOffset.Now, counters, networks)
            : null;
    }

    private static IReadOnlyList<NetworkStatistic>? ReadNetworks(Container container)
    {
        if (container.Spec?.Network.Mode == NetworkSpec.Host)
        {
            return null;
        }

        try
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{container.ProcessId}/net/dev");
            return NetworkCounters.Parse(File.ReadAllText(path, Encoding.Latin1));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // It ended this moment, or belongs to somebody else: then it shows no counters.
        }
    }

    /// <summary>Not Environment.ProcessorCount, which is what this session may use.</summary>
    private static int HostProcessors()
    {
        int count = File.ReadLines("/proc/stat").Count(line => line.StartsWith("cpu", StringComparison.Ordinal) && line.Length > 3 && line[3] != ' ');
        return Math.Max(1, count);
    }
}
