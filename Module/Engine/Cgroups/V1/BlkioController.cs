using System.Globalization;
using Containers.Engine.Linux;

namespace Containers.Engine.Cgroups.V1;

/// <summary>blkio of cgroup v1 (cgroup-v1/blkio-controller.rst): weights of the io scheduler, rates of the throttle.</summary>
internal static class BlkioController
{
    internal static void Apply(string directory, ResourceLimits limits, IList<string> warnings)
    {
        if (limits.BlkioWeight is { } weight && !Weigh(directory, "weight", $"{weight}"))
        {
            warnings.Add("BlkioWeight is not applied: this kernel weighs no block io (neither blkio.weight nor blkio.bfq.weight).");
        }

        foreach ((string device, long value) in limits.BlkioWeightDevice)
        {
            if (!Weigh(directory, "weight_device", $"{BlockDevice.Number(device)} {value}"))
            {
                warnings.Add($"BlkioWeightDevice is not applied to '{device}': its io scheduler has no weights.");
            }
        }

        Throttle(directory, "read_bps_device", limits.DeviceReadBps, warnings);
        Throttle(directory, "write_bps_device", limits.DeviceWriteBps, warnings);
        Throttle(directory, "read_iops_device", limits.DeviceReadIops, warnings);
        Throttle(directory, "write_iops_device", limits.DeviceWriteIops, warnings);
    }

    internal static CgroupStatistics Read(string directory, CgroupStatistics statistics)
    {
        string? bytes = CgroupFile.TryRead($"{directory}/blkio.throttle.io_service_bytes");
        string? operations = CgroupFile.TryRead($"{directory}/blkio.throttle.io_serviced");
        return statistics with
        {
            IoReadBytes = Sum(bytes, "Read"),
            IoWriteBytes = Sum(bytes, "Write"),
            IoReads = Sum(operations, "Read"),
            IoWrites = Sum(operations, "Write"),
        };
    }

    /// <summary>BFQ has its own file since 5.0; the file without it belonged to CFQ.</summary>
    private static bool Weigh(string directory, string file, string value)
    {
        foreach (string prefix in (ReadOnlySpan<string>)["blkio.bfq.", "blkio."])
        {
            string path = $"{directory}/{prefix}{file}";
            switch (CgroupFile.TryWrite(path, value))
            {
                case 0:
                    return true;
                case Errno.ENOENT or Errno.EOPNOTSUPP:
                    continue;
                case int errno:
                    throw new LinuxException("write", $"{path} = {value}", errno);
            }
        }

        return false;
    }

    private static void Throttle(string directory, string file, IReadOnlyDictionary<string, long> rates, IList<string> warnings)
    {
        foreach ((string device, long rate) in rates)
        {
            CgroupFile.WriteLimit(
                directory, $"blkio.throttle.{file}", $"{BlockDevice.Number(device)} {rate}", $"The rate limit of '{device}'", warnings);
        }
    }

    /// <summary>Lines such as "8:0 Read 4096", one for each disk and direction.</summary>
    private static long? Sum(string? text, string direction)
    {
        if (text is null)
        {
            return null;
        }

        long sum = 0;
        foreach (string line in text.Split('\n'))
        {
            if (line.Split(' ') is [_, string kind, string number] && kind == direction
                && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long value))
            {
                sum += value;
            }
        }

        return sum;
    }
}
