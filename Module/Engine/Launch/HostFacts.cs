using System.Globalization;

namespace Containers.Engine.Launch;

/// <summary>What the compiler must know of the kernel; read once per session.</summary>
internal sealed record HostFacts
{
    /// <summary>Identity of this boot: processes, mounts and sockets of another boot are gone.</summary>
    internal required string BootId { get; init; }

    internal required int LastCapability { get; init; }

    /// <summary>What this process may hand on: a host without CAP_SYS_RESOURCE cannot give "all" of them.</summary>
    internal CapabilitySet Available { get; init; } = new(ulong.MaxValue);

    internal required bool HasTimeNamespace { get; init; }

    internal required bool HasCgroupNamespace { get; init; }

    internal required Version Kernel { get; init; }

    internal required string KernelRelease { get; init; }

    /// <summary>Thermal throttle directories of the processors that exist: they are hidden.</summary>
    internal IReadOnlyList<string> ThermalPaths { get; init; } = [];

    internal static HostFacts Read()
    {
        string release = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        return new HostFacts
        {
            BootId = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(),
            LastCapability = int.Parse(File.ReadAllText("/proc/sys/kernel/cap_last_cap").AsSpan().Trim(), CultureInfo.InvariantCulture),
            Available = ReadAvailable(),
            HasTimeNamespace = File.Exists("/proc/self/ns/time"),
            HasCgroupNamespace = File.Exists("/proc/self/ns/cgroup"),
            Kernel = ParseKernel(release),
            KernelRelease = release,
            ThermalPaths = FindThermalPaths(),
        };
    }

    /// <summary>"6.1.0-18-amd64" is 6.1.</summary>
    internal static Version ParseKernel(string release)
    {
        string[] parts = release.Split('.', '-', '+', '_');
        return parts.Length >= 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int major)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int minor)
            ? new Version(major, minor)
            : new Version(0, 0);
    }

    /// <summary>CapPrm and CapBnd of proc_pid_status(5): the bounding set alone is no right to anything.</summary>
    private static CapabilitySet ReadAvailable()
    {
        ulong bits = ulong.MaxValue;
        foreach (string line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith("CapPrm:", StringComparison.Ordinal) || line.StartsWith("CapBnd:", StringComparison.Ordinal))
            {
                bits &= ulong.Parse(line.AsSpan(7).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            }
        }

        return new CapabilitySet(bits);
    }

    private static List<string> FindThermalPaths()
    {
        List<string> paths = [];
        const string Processors = "/sys/devices/system/cpu";
        if (Directory.Exists(Processors))
        {
            foreach (string processor in Directory.EnumerateDirectories(Processors, "cpu*"))
            {
                string path = processor + "/thermal_throttle";
                if (Directory.Exists(path))
                {
                    paths.Add(path);
                }
            }
        }

        return paths;
    }
}
