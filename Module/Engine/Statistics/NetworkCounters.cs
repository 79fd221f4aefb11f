using System.Globalization;

namespace Containers.Engine.Statistics;

/// <summary>/proc/PID/net/dev: the counters of the interfaces in that process's network namespace (proc_pid_net(5)).</summary>
internal static class NetworkCounters
{
    /// <summary>Two lines of headings, then "name: " and sixteen numbers: eight of what was received, eight of what was sent.</summary>
    internal static IReadOnlyList<NetworkStatistic> Parse(string text)
    {
        List<NetworkStatistic> interfaces = [];
        foreach (string line in text.Split('\n'))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
            {
                continue;
            }

            string name = line[..colon].Trim();
            string[] numbers = line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (name is "lo" || numbers.Length < 12)
            {
                continue;
            }

            interfaces.Add(new NetworkStatistic
            {
                Name = name,
                ReceivedBytes = Number(numbers[0]),
                ReceivedPackets = Number(numbers[1]),
                ReceiveErrors = Number(numbers[2]),
                ReceiveDropped = Number(numbers[3]),
                SentBytes = Number(numbers[8]),
                SentPackets = Number(numbers[9]),
                SendErrors = Number(numbers[10]),
                SendDropped = Number(numbers[11]),
            });
        }

        interfaces.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return interfaces;
    }

    /// <summary>Counters are unsigned and 64 bits wide; none lives long enough to need the last of them.</summary>
    private static long Number(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) ? (long)Math.Min(value, long.MaxValue) : 0;
}
