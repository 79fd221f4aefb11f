using System.Globalization;
using System.Runtime.InteropServices;
using Containers.Engine.Cgroups;
using Containers.Engine.Launch;
using Containers.Engine.Linux;

namespace Containers.Engine.Lifecycle;

/// <summary>Collects <see cref="ContainerHost"/>.</summary>
internal static class HostInformation
{
    /// <summary>This machine's architecture as images name it (GOARCH).</summary>
    internal static string OciArchitecture => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => "amd64",
        Architecture.Arm64 => "arm64",
        Architecture other => other.ToString().ToLowerInvariant(),
    };

    internal static ContainerHost Collect(
        EngineOptions options, HostFacts facts, CgroupHost cgroups, string storageDriver, IReadOnlyList<Container> containers, int images)
    {
        List<string> warnings = [];
        if (cgroups.Version == CgroupVersion.None)
        {
            warnings.Add("No cgroups are mounted: limits cannot be applied.");
        }

        foreach (string controller in new[] { "memory", "pids", "cpu" })
        {
            if (cgroups.Version != CgroupVersion.None && !cgroups.Controllers.Contains(controller))
            {
                warnings.Add($"The kernel has no {controller} controller: its limits cannot be applied.");
            }
        }

        if (!Storage.StorageProbe.HasOverlay())
        {
            warnings.Add("The kernel has no overlay file system: other storage drivers are used, and containers made with overlay cannot be started.");
        }

        if (Libc.geteuid() != 0)
        {
            warnings.Add("This session is not root: containers cannot be started.");
        }

        return new ContainerHost
        {
            HostName = Environment.MachineName,
            EngineVersion = typeof(HostInformation).Assembly.GetName().Version?.ToString(3) ?? "",
            KernelVersion = facts.KernelRelease,
            OperatingSystem = ReadOsName(),
            Architecture = OciArchitecture,
            ProcessorCount = Environment.ProcessorCount,
            MemoryBytes = ReadMemory(),
            DataRoot = options.DataRoot,
            RunRoot = options.RunRoot,
            StorageDriver = storageDriver,
            BackingFileSystem = BackingFileSystem(options.DataRoot),
            CgroupVersion = cgroups.Version.ToString(),
            CgroupControllers = [.. cgroups.Controllers.Order(StringComparer.Ordinal)],
            SecurityFeatures = ReadSecurityFeatures(),
            IsRootless = Libc.geteuid() != 0,
            Containers = containers.Count,
            Running = containers.Count(container => container.State is ContainerState.Running or ContainerState.Restarting),
            Paused = containers.Count(container => container.State == ContainerState.Paused),
            Stopped = containers.Count(container => container.State is ContainerState.Created or ContainerState.Exited or ContainerState.Damaged),
            Images = images,
            Warnings = warnings,
        };
    }

    private static string ReadOsName()
    {
        const string Key = "PRETTY_NAME=";
        string? line = File.Exists("/etc/os-release") ? File.ReadLines("/etc/os-release").FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal)) : null;
        return line is null ? "Linux" : line[Key.Length..].Trim('"', '\'');
    }

    /// <summary>Of the whole host, in bytes.</summary>
    internal static long ReadMemory()
    {
        string? line = File.ReadLines("/proc/meminfo").FirstOrDefault(l => l.StartsWith("MemTotal:", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    private static List<string> ReadSecurityFeatures()
    {
        List<string> features = [];
        Add("seccomp", File.Exists("/proc/sys/kernel/seccomp/actions_avail"));
        Add("apparmor", Directory.Exists("/sys/kernel/security/apparmor"));
        Add("selinux", Directory.Exists("/sys/fs/selinux"));
        Add("userns", File.Exists("/proc/self/ns/user"));
        Add("timens", File.Exists("/proc/self/ns/time"));
        Add("cgroupns", File.Exists("/proc/self/ns/cgroup"));
        Add("keyring", Directory.Exists("/proc/sys/kernel/keys"));
        return features;

        void Add(string name, bool present)
        {
            if (present)
            {
                features.Add(name);
            }
        }
    }

    /// <summary>Type of the file system that holds a path: the longest mount point that contains it (proc_pid_mountinfo(5)).</summary>
    private static string BackingFileSystem(string path)
    {
        string best = "";
        string type = "";
        foreach (string line in File.ReadLines("/proc/self/mountinfo"))
        {
            string[] fields = line.Split(' ');
            int separator = Array.IndexOf(fields, "-");
            string point = fields[4];
            bool contains = point == "/" || path == point || path.StartsWith(point + "/", StringComparison.Ordinal);
            if (contains && point.Length >= best.Length && separator > 0)
            {
                best = point;
                type = fields[separator + 1];
            }
        }

        return type;
    }
}
