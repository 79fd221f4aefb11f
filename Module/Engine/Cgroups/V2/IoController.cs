using System.Globalization;
using Containers.Engine.Linux;

namespace Containers.Engine.Cgroups.V2;

/// <summary>io of cgroup v2 (cgroup-v2.rst, "IO"; Documentation/block/bfq-iosched.rst for its own weight).</summary>
internal static class IoController
{
    internal static void Apply(string directory, ResourceLimits limits, IList<string> warnings)
    {
        if (limits.BlkioWeight is { } weight)
        {
            // Two schedulers, two files; which one a disk uses may change later, so each that is there gets the weight.
            bool written = Weigh(directory, "io.weight", $"{Weight(weight)}") | Weigh(directory, "io.bfq.weight", $"{weight}");
            if (!written)
            {
                warnings.Add("BlkioWeight is not applied: this kernel weighs no block io (neither io.weight nor io.bfq.weight).");
            }
        }

        foreach ((string device, long value) in limits.BlkioWeightDevice)
        {
            string number = BlockDevice.Number(device);
            bool written = Weigh(directory, "io.weight", $"{number} {Weight(value)}")
                | Weigh(directory, "io.bfq.weight", $"{number} {value}");
            if (!written)
            {
                warnings.Add($"BlkioWeightDevice is not applied to '{device}': its io scheduler has no weights.");
            }
        }

        foreach ((string device, string line) in MaximumLines(limits, BlockDevice.Number))
        {
            CgroupFile.WriteLimit(directory, "io.max", line, $"The rate limit of '{device}'", warnings);
        }
    }

    /// <summary>Weights 10 to 1000 become 1 to 10000, the ends kept, as runc and crun do.</summary>
    internal static long Weight(long weight) => 1 + ((weight - 10) * 9999 / 990);

    /// <summary>One line of io.max for each disk; what is not named in it stays.</summary>
    internal static IEnumerable<(string Device, string Line)> MaximumLines(ResourceLimits limits, Func<string, string> number)
    {
        (string Key, IReadOnlyDictionary<string, long> Rates)[] tables =
        [
            ("rbps", limits.DeviceReadBps),
            ("wbps", limits.DeviceWriteBps),
            ("riops", limits.DeviceReadIops),
            ("wiops", limits.DeviceWriteIops),
        ];
        foreach (string device in tables.SelectMany(t => t.Rates.Keys).Distinct())
        {
            IEnumerable<string> parts = tables
                .Where(t => t.Rates.ContainsKey(device))
                .Select(t => $"{t.Key}={(t.Rates[device] == 0 ? "max" : t.Rates[device].ToString(CultureInfo.InvariantCulture))}");
            yield return (device, $"{number(device)} {string.Join(' ', parts)}");
        }
    }

    /// <summary>io.stat: "8:0 rbytes=1 wbytes=2 rios=3 wios=4 …", a line for each disk.</summary>
    internal static CgroupStatistics Read(string directory, CgroupStatistics statistics) =>
        CgroupFile.TryRead($"{directory}/io.stat") is not { } text
            ? statistics
            : statistics with
            {
                IoReadBytes = Sum(text, "rbytes="),
                IoWriteBytes = Sum(text, "wbytes="),
                IoReads = Sum(text, "rios="),
                IoWrites = Sum(text, "wios="),
            };

    private static long Sum(string text, string key)
    {
        long sum = 0;
        foreach (string word in text.Split((char[])[' ', '\n']))
        {
            if (word.StartsWith(key, StringComparison.Ordinal)
                && long.TryParse(word.AsSpan(key.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long value))
            {
                sum += value;
            }
        }

        return sum;
    }

    /// <returns>False where the kernel or the disk's scheduler has no such weight.</returns>
    private static bool Weigh(string directory, string file, string value)
    {
        string path = $"{directory}/{file}";
        return CgroupFile.TryWrite(path, value) switch
        {
            0 => true,
            Errno.ENOENT or Errno.EOPNOTSUPP => false,
            int errno => throw new LinuxException("write", $"{path} = {value}", errno),
        };
    }
}
