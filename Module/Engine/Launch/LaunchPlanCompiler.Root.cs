using System.Globalization;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Engine.Launch;

/// <summary>The root file system: what docker and podman mount, hide and protect (security.md, section 1).</summary>
internal sealed partial class LaunchPlanCompiler
{
    private const OpenInRootFlags MountPoint = OpenInRootFlags.CreateDirectory | OpenInRootFlags.Directory | OpenInRootFlags.NoLink;

    private static readonly string[] s_masked =
    [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
        "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/firmware", "/sys/devices/virtual/powercap", "/sys/fs/selinux",
    ];

    private static readonly string[] s_readOnly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    private static readonly (string Name, uint Major, uint Minor)[] s_nodes =
    [
        ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0),
    ];

    private static readonly (string Name, string Target)[] s_links =
    [
        ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"), ("stderr", "/proc/self/fd/2"),
        ("core", "/proc/kcore"), ("ptmx", "pts/ptmx"),
    ];

    private void BuildRoot()
    {
        CloneConnectedMounts();
        Add(LaunchSteps.MakeMountsPrivate());
        _steps.AddRange(_input.RootSteps);
        Add(LaunchSteps.OpenHost(Slot.Root, _input.RootTarget, directory: true));
        MountAt(Slot.Proc, "/proc", "proc", LaunchSteps.NoSuidNoDevNoExec);
        MountDevices();
        MountSharedMemory();
        uint readOnly = Privileged ? 0 : Libc.MOUNT_ATTR_RDONLY;
        MountAt(Slot.Mount, "/sys", "sysfs", LaunchSteps.NoSuidNoDevNoExec | readOnly);
        MountCgroups(readOnly);
        MountAll();
        foreach ((string target, string source) in _input.EtcFiles.Where(file => !MountsAt(file.Target)))
        {
            Add(LaunchSteps.OpenHost(Slot.Source, source));
            Add(LaunchSteps.OpenInRoot(Slot.Target, target, OpenInRootFlags.CreateFile | OpenInRootFlags.Optional | OpenInRootFlags.NotProc, 0x1A4)); // 0644
            Add(LaunchSteps.CloneTree(Slot.Mount, Slot.Source, recursive: false, source));
            Attach(Slot.Mount, target);
            Add(new LaunchStep(PlanOpcode.CloseSlot, source, "") { Slot = Slot.Source });
        }

        string directory = WorkingDirectory();
        if (directory != "/")
        {
            Add(LaunchSteps.OpenInRoot(Slot.Target, directory, OpenInRootFlags.CreateDirectory | OpenInRootFlags.Directory));
            Close(directory);
        }

        foreach ((string name, string value) in _spec.Namespaces.Sysctls.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            Add(LaunchSteps.SetKernelParameter(name, value));
        }

        SetDefaultParameters();
        Protect();
        if (_spec.Storage.ReadOnly)
        {
            Add(LaunchSteps.SetMountAttributes(Slot.Root, Libc.MOUNT_ATTR_RDONLY, recursive: false, "/"));
        }
    }

    private void SetDefaultParameters()
    {
        if (!OwnNetwork)
        {
            return;
        }

        // As docker: a program without privileges may bind low ports and ping, in a network of its own.
        foreach ((string name, string value) in
            new[] { ("net.ipv4.ip_unprivileged_port_start", "0"), ("net.ipv4.ping_group_range", "0 2147483647") })
        {
            if (!_spec.Namespaces.Sysctls.ContainsKey(name))
            {
                Add(LaunchSteps.SetKernelParameter(name, value));
            }
        }
    }

    /// <summary>A new file system at a place of the root that may not be a symbolic link (security.md S10).</summary>
    private void MountAt(int slot, string path, string type, uint attributes, params string[] options)
    {
        Add(LaunchSteps.CreateFileSystem(slot, type, attributes, options));
        Add(LaunchSteps.OpenInRoot(Slot.Target, path, MountPoint));
        Attach(slot, path);
    }

    private void Attach(int slot, string path)
    {
        Add(LaunchSteps.Attach(slot, Slot.Target, path));
        Close(path);
    }

    private void Close(string path) => Add(new LaunchStep(PlanOpcode.CloseSlot, path, "") { Slot = Slot.Target });

    private void MountDevices()
    {
        // Filled while it is mounted nowhere: nothing in the image can stand in the way of a node (S11).
        Add(LaunchSteps.CreateFileSystem(
            Slot.Dev, "tmpfs", Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_STRICTATIME, "source", "tmpfs", "mode", "755", "size", "65536k"));
        foreach ((string name, uint major, uint minor) in s_nodes)
        {
            Add(LaunchSteps.MakeNode(Slot.Dev, name, 'c', major, minor, 0x1B6)); // 0666
        }

        foreach ((string name, string target) in s_links)
        {
            Add(LaunchSteps.MakeSymbolicLink(Slot.Dev, name, target));
        }

        if (_spec.Process.Terminal)
        {
            Add(LaunchSteps.MakeFile(Slot.Dev, "console", 0x180)); // 0600
        }
        else if (!_spec.Process.Interactive)
        {
            Add(LaunchSteps.OpenNullInput());
        }

        foreach (string directory in new[] { "pts", "shm", "mqueue" })
        {
            Add(LaunchSteps.MakeDirectory(Slot.Dev, directory));
        }

        Add(LaunchSteps.OpenInRoot(Slot.Target, "/dev", MountPoint));
        Attach(Slot.Dev, "/dev");
        MountAt(
            Slot.Mount, "/dev/pts", "devpts", Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NOEXEC,
            "source", "devpts", "newinstance", "", "ptmxmode", "0666", "mode", "0620", "gid", "5");
        if (_spec.Process.Terminal)
        {
            // From the mount itself, before anything else can lie over it: no path of the container is walked to its terminal.
            Add(LaunchSteps.OpenTerminal(Slot.Mount, _input.TerminalSize));
            Add(LaunchSteps.OpenInRoot(Slot.Target, "/dev/console", OpenInRootFlags.NoLink));
            Add(LaunchSteps.AttachConsole(Slot.Target, "/dev/console"));
            Close("/dev/console");
        }

        foreach (DeviceNode device in _input.Devices)
        {
            int slash = device.Target.LastIndexOf('/');
            string parent = slash <= 0 ? "/" : device.Target[..slash];
            Add(LaunchSteps.OpenInRoot(Slot.Target, parent, OpenInRootFlags.CreateDirectory | OpenInRootFlags.Directory));
            // Outside /dev the node of the last run is still there, or whatever the container put in its place.
            Add(LaunchSteps.MakeNode(
                Slot.Target, device.Target[(slash + 1)..], device.Type, device.Major, device.Minor, device.Mode) with { Flags = 1 });
            Close(parent);
        }
    }

    private void MountSharedMemory()
    {
        // The message queues are those of the IPC namespace the process is in: the host's too, whether the host has mounted them or not.
        MountAt(Slot.Mount, "/dev/mqueue", "mqueue", LaunchSteps.NoSuidNoDevNoExec);
        if (_spec.Namespaces.Ipc == NamespaceSpec.Host)
        {
            const string Shared = "/dev/shm";
            Add(LaunchSteps.OpenHost(Slot.Source, Shared, directory: true));
            Add(LaunchSteps.CloneTree(Slot.Mount, Slot.Source, recursive: true, Shared));
            Add(LaunchSteps.OpenInRoot(Slot.Target, Shared, MountPoint));
            Attach(Slot.Mount, Shared);
            return;
        }

        MountAt(
            Slot.Mount, "/dev/shm", "tmpfs", LaunchSteps.NoSuidNoDevNoExec,
            "source", "shm", "mode", "1777", "size", _spec.Storage.ShmSize.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The container sees its own cgroups, read-only: one tree on v2, one directory per joined controller on v1.</summary>
    private void MountCgroups(uint readOnly)
    {
        uint attributes = LaunchSteps.NoSuidNoDevNoExec | readOnly;
        const string Path = "/sys/fs/cgroup";
        if (_input.Cgroup.JoinFiles.Count == 0)
        {
            if (_input.Cgroup.CloneIntoDirectory is not null)
            {
                MountAt(Slot.Mount, Path, "cgroup2", attributes);
            }

            return;
        }

        Add(LaunchSteps.CreateFileSystem(
            Slot.Cgroup, "tmpfs", LaunchSteps.NoSuidNoDevNoExec, "source", "tmpfs", "mode", "755", "size", "64k"));
        List<string> controllers = [.. _input.Cgroup.JoinFiles.Select(ControllerOf).Distinct()];
        foreach (string controller in controllers)
        {
            Add(LaunchSteps.MakeDirectory(Slot.Cgroup, controller));
        }

        Add(LaunchSteps.OpenInRoot(Slot.Target, Path, OpenInRootFlags.Directory));
        Attach(Slot.Cgroup, Path);
        foreach (string controller in controllers)
        {
            string[] options = ["source", "cgroup", .. controller.Split(',').SelectMany(name => new[] { name, "" })];
            Add(LaunchSteps.CreateFileSystem(Slot.Mount, "cgroup", attributes, options));
            Add(LaunchSteps.OpenInRoot(Slot.Target, Path + "/" + controller, OpenInRootFlags.Directory));
            Attach(Slot.Mount, Path + "/" + controller);
        }

        if (readOnly != 0)
        {
            Add(LaunchSteps.SetMountAttributes(Slot.Cgroup, Libc.MOUNT_ATTR_RDONLY, recursive: false, Path));
        }
    }

    /// <summary>The hierarchy's directory below /sys/fs/cgroup is named after its controllers: "memory", "cpu,cpuacct".</summary>
    private static string ControllerOf(string joinFile)
    {
        const string Root = "/sys/fs/cgroup/";
        string rest = joinFile.StartsWith(Root, StringComparison.Ordinal) ? joinFile[Root.Length..] : joinFile.TrimStart('/');
        return rest[..rest.IndexOf('/', StringComparison.Ordinal)];
    }

    private void Protect()
    {
        (IReadOnlyList<string> masked, IReadOnlyList<string> readOnly) = ProtectedPaths(_spec.Security, _input.Host);
        foreach (string path in readOnly)
        {
            Add(LaunchSteps.ReadOnlyPath(path));
        }

        if (masked.Count > 0)
        {
            Add(LaunchSteps.OpenHostDevice(Slot.Null, "/dev/null", 1, 3));
            Add(LaunchSteps.CreateFileSystem(
                Slot.EmptyDirectory, "tmpfs", LaunchSteps.NoSuidNoDevNoExec | Libc.MOUNT_ATTR_RDONLY, "source", "tmpfs", "size", "0", "nr_inodes", "1"));
            foreach (string path in masked)
            {
                Add(LaunchSteps.MaskPath(path));
            }
        }
    }

    /// <summary>What is hidden, and what cannot be written to.</summary>
    internal static (IReadOnlyList<string> Masked, IReadOnlyList<string> ReadOnly) ProtectedPaths(SecuritySpec security, HostFacts host)
    {
        if (security.Privileged)
        {
            return ([], []);
        }

        bool Shown(string path) => security.Unmask.Any(
            u => u.Equals("ALL", StringComparison.OrdinalIgnoreCase) || System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(u, path));
        return ([.. s_masked.Concat(host.ThermalPaths).Where(path => !Shown(path)), .. security.Mask], [.. s_readOnly.Where(path => !Shown(path))]);
    }

    private void EnterRoot()
    {
        Add(LaunchSteps.PivotRoot(_input.RootTarget));
        if (_spec.Namespaces.Uts == NamespaceSpec.Private)
        {
            Add(LaunchSteps.SetHostName(HostName(_spec, _input.Id)));
            if (_spec.Namespaces.DomainName is { Length: > 0 } domain)
            {
                Add(LaunchSteps.SetDomainName(domain));
            }
        }

        if (OwnNetwork && !JoinsPreparedNetwork)
        {
            Add(LaunchSteps.RaiseLoopback());
        }
    }

    /// <summary>The short name: what was asked for up to its first dot, else the beginning of the id.</summary>
    internal static string HostName(ContainerSpec spec, string id) =>
        spec.Namespaces.HostName is { Length: > 0 } name ? name.Split('.')[0]
        : spec.Network.Mode == NetworkSpec.Host ? System.Environment.MachineName.Split('.')[0] // Its network is the host's, and so is its name.
        : id[..12];
}
