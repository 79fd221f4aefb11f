using System.Collections.Concurrent;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Containers.Engine.Cgroups;
using Containers.Engine.Events;
using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Launch.Seccomp;
using Containers.Engine.Linux;
using Containers.Engine.Networking;
using Containers.Engine.Storage;
using Containers.Engine.Volumes;

namespace Containers.Engine.Lifecycle;

/// <summary>From a record to a running, supervised process: look up, acquire, compile, start; undone in reverse when a part fails.</summary>
internal sealed partial class ContainerLauncher(
    EnginePaths paths, ContainerStore store, ImageStore images, MonitorProcess monitors, NetworkService networks, StorageDrivers storage, VolumeStore volumeStore,
    ContainerVolumes volumes)
{
    /// <summary>The group of all containers, directly below the cgroup root: no session's end takes it along.</summary>
    internal const string CgroupRoot = "pwsh-containers";

    /// <summary>Where the monitors go that would otherwise end with the session. No container has this for an id.</summary>
    private const string MonitorGroup = CgroupRoot + "/monitors";

    /// <summary>/etc/passwd and /etc/group of an image may not be larger (CVE-2026-47262).</summary>
    private const int MaximumAccountFile = 1 << 20;

    private readonly ConcurrentDictionary<(string Image, string User, string Groups), UserIdentity> _users = new();
    private readonly ConcurrentDictionary<(string? Profile, CapabilitySet Capabilities), byte[]> _filters = new();
    private readonly Lazy<HostFacts> _host = new(HostFacts.Read);
    private readonly Lazy<CgroupHost> _cgroups = new(CgroupHost.Detect);

    internal HostFacts Host => _host.Value;

    internal CgroupHost Cgroups => _cgroups.Value;

    internal ICgroup Cgroup(ContainerRecord record) => Cgroup(record.Id, record.Spec.CgroupParent);

    internal ICgroup Cgroup(string id, string? parent) => Cgroups.Get((parent?.Trim('/') ?? CgroupRoot) + "/" + id);

    /// <summary>The plan as it would be now, for looking at. Nothing is made.</summary>
    internal LaunchPlan Preview(ContainerRecord record)
    {
        PlanCgroup cgroup = new() { JoinFiles = [], CloneIntoDirectory = "/sys/fs/cgroup/" + CgroupRoot + "/" + record.Id };
        (List<DeviceNode> devices, _) = DeviceLookup.Find(record.Spec.Security);
        return Compile(record, images.Open(record.ImageId), cgroup, foreground: false, default, resolveProcesses: false, devices);
    }

    /// <summary>Starts the container's process. The caller holds the container's operation lock, and no monitor is alive.</summary>
    /// <returns>The connection to the monitor, after it said Started.</returns>
    internal MonitorConnection Launch(
        ContainerRecord record, bool foreground, TerminalSize size, IList<string> warnings, CancellationToken cancellation) =>
        Launch(record, images.Open(record.ImageId), null, foreground, size, warnings, cancellation);

    /// <summary>Starts a step of a build: its image is not in the store, and it ends with this session.</summary>
    internal MonitorConnection Launch(
        ContainerRecord record, ImageRecord image, BuildLaunch build, IList<string> warnings, CancellationToken cancellation) =>
        Launch(record, image, build, foreground: true, default, warnings, cancellation);

    private MonitorConnection Launch(
        ContainerRecord record, ImageRecord image, BuildLaunch? build, bool foreground, TerminalSize size, IList<string> warnings,
        CancellationToken cancellation)
    {
        ICgroup cgroup = Cgroup(record);
        string run = paths.Run(record.Id);
        MonitorConnection? connection = null;
        try
        {
            RemoveLeftovers(record, cgroup, starting: true);
            Files.MakeDirectory(run, 0x1C0);
            Files.MakeDirectory(run + "/rootfs", 0x1C0);
            using NetworkNamespace? network = Attach(record, image, warnings, cancellation);
            WriteEtcFiles(record, run);
            using VolumePins pins = volumes.Pin(record, cancellation);
            PrepareMounts(record, image);
            (List<DeviceNode> devices, List<DeviceRule> rules) = DeviceLookup.Find(record.Spec.Security);
            PlanCgroup planned = MakeCgroup(cgroup, record, rules, warnings);
            LaunchPlan plan = Compile(record, image, planned, foreground, size, resolveProcesses: true, devices, build);
            if (build is null)
            {
                WriteHealthPlan(record, image, plan);
            }

            Files.Write(run + "/plan", PlanWriter.Write(plan), 0x180); // 0600
            connection = monitors.Start(run + "/plan", network?.Handle, build?.Secrets);
            AwaitStart(record, plan, connection, cancellation);
            if (build is { SecretVariables.Count: > 0 })
            {
                // The monitor has read it, and a step has no further use for it: secrets in its variables go at once.
                File.Delete(run + "/plan");
            }

            return connection;
        }
        catch (Exception failure)
        {
            connection?.Dispose();
            Undo(record, cgroup, failure);
            throw;
        }
    }

    /// <summary>The check is a further program like any other, compiled once: the monitor runs it again and again.</summary>
    private void WriteHealthPlan(ContainerRecord record, ImageRecord image, LaunchPlan plan)
    {
        if (plan is not { Health: { } check, HealthPlan: { } path })
        {
            return;
        }

        NetworkState? network = networks.Store.State(record.Id);
        LaunchPlan further = ExecPlanCompiler.Compile(new ExecInput
        {
            ContainerId = record.Id,
            Spec = record.Spec,
            Image = Defaults(image.Config),
            Host = Host,
            Exec = new ExecSpec { Command = check.Command },
            User = FindUser(record, image),
            Cgroup = plan.Cgroup,
            LinkVariables = network is null ? [] : LinkVariables(record, network),
            Seccomp = Filter(record.Spec.Security),
        });
        Files.Write(path, PlanWriter.Write(further), 0x180); // 0600
    }

    /// <summary>Another check for a container that runs, by its own files as they are now.</summary>
    internal void WriteHealthPlan(ContainerRecord record, StateRecord state, HealthCheck check)
    {
        string path = paths.HealthPlan(record.Id);
        Files.Write(path + ".new", PlanWriter.Write(CompileExec(record, state, new ExecSpec { Command = check.Command }, null)), 0x180); // 0600
        Files.Rename(path + ".new", path);
    }

    /// <summary>What the image says, in the form the compiler takes.</summary>
    internal static ProgramDefaults Defaults(ImageConfig config) => new(
        config.Config.Entrypoint, config.Config.Cmd, config.Config.Env, config.Config.WorkingDir ?? "", config.Config.User ?? "",
        config.Config.StopSignal ?? "");

    /// <summary>Kills and removes what a dead monitor left behind. Idempotent.</summary>
    internal void RemoveLeftovers(ContainerRecord record, ICgroup cgroup, bool starting = false)
    {
        if (cgroup.Exists)
        {
            cgroup.Kill();
            if (!cgroup.Remove())
            {
                throw new EngineException(
                    EngineErrorKind.ResourceBusy, "CgroupBusy", $"Processes of an earlier run of container \"{record.Name}\" cannot be ended.", record.Name,
                    "A process may hang in the kernel, for example in a dead network file system.");
            }

            // Its monitor may have been killed as the last one in their group.
            Cgroups.RemoveEmpty(MonitorGroup);
            Cgroups.RemoveEmpty(CgroupRoot);
        }

        networks.Release(record.Id, starting);
        RemoveRun(record.Id);
    }

    internal void RemoveRun(string id)
    {
        FileTree.Remove(paths.Run(id));
        if (Directory.Exists(paths.RunContainers)) // After a reboot there is none until the first start.
        {
            File.Delete(paths.RunLock(id));
        }
    }

    private static PlanCgroup MakeCgroup(ICgroup cgroup, ContainerRecord record, List<DeviceRule> rules, IList<string> warnings)
    {
        ResourceLimits limits = record.Spec.Limits;
        limits = limits.PidsLimit is null ? limits with { PidsLimit = DefaultPidsLimit } : limits;
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return cgroup.Create(limits, rules, warnings);
            }
            catch (Exception e) when (attempt < 3 && e is LinuxException { Errno: Errno.ENOENT } or EngineException { InnerException: LinuxException { Errno: Errno.ENOENT } })
            {
                // The last container of the common group has just removed it.
            }
        }
    }

    /// <summary>Processes and threads of a container when nothing else is said, as podman has it.</summary>
    internal const long DefaultPidsLimit = 2048;

    private LaunchPlan Compile(
        ContainerRecord record, ImageRecord image, PlanCgroup cgroup, bool foreground, TerminalSize size, bool resolveProcesses,
        List<DeviceNode> devices, BuildLaunch? build = null)
    {
        ContainerSpec spec = record.Spec;
        string run = paths.Run(record.Id);
        NetworkState? network = resolveProcesses ? networks.Store.State(record.Id) : null;
        return LaunchPlanCompiler.Compile(new LaunchInput
        {
            Id = record.Id,
            Name = record.Name,
            Spec = spec,
            Image = Defaults(image.Config),
            Host = Host,
            User = FindUser(record, image),
            Cgroup = cgroup,
            RootTarget = run + "/rootfs",
            RootSteps = storage.Get(record.StorageDriver).MountSteps(image, record.Id, run + "/rootfs", build?.ThrowAway ?? spec.RemoveOnExit),
            EtcFiles = [.. EtcFiles.Names.Select(name => ("/etc/" + name, EtcDirectory(spec, run) + "/" + name))],
            Mounts = [.. PlanMounts(record, image, resolveProcesses), .. build?.Mounts ?? []],
            Volumes = spec.RemoveOnExit ? Letting(record) : [],
            NetworkPrepared = UsesPreparedNetwork(spec),
            NetworkLockFile = network is null ? null : networks.LockFile,
            NetworkUndo = network is null ? [] : networks.UndoPlans(record.Id),
            Ports = network is null ? [] : [.. network.Ports.Select(port => HostPort.Of(port.Protocol, IPAddress.Parse(port.HostAddress), port.HostPort))],
            LinkVariables = network is null ? [] : LinkVariables(record, network),
            Devices = devices,
            JoinedProcesses = resolveProcesses ? FindProcesses(record) : new Dictionary<string, ProcessIdentity>(),
            Seccomp = Filter(spec.Security),
            DataDirectory = paths.Container(record.Id),
            TrashDirectory = paths.TrashOf(record.Id),
            RunDirectory = run,
            NameFile = paths.Name(record.Name),
            LogDirectory = paths.Log(record.Id),
            LogNumber = resolveProcesses ? LogFiles.Newest(paths.Log(record.Id)) : 1,
            Health = build is null ? HealthChecks.Resolve(spec.Health, image.Config.Config) : null,
            EventFile = EventLog.PathOf(paths.DataRoot),
            EventSubject = EventLog.Subject(record),
            Foreground = foreground,
            EndsWithSession = build is not null,
            HasSecrets = build?.Secrets is not null,
            SecretVariables = build?.SecretVariables ?? new Dictionary<string, string>(),
            TerminalSize = size,
            MonitorCgroupFiles = Cgroups.FilesOutsideUnit(MonitorGroup),
        });
    }

    private byte[]? Filter(SecuritySpec security)
    {
        if (security.Seccomp == "unconfined" || (security.Privileged && security.Seccomp is null))
        {
            return null;
        }

        CapabilitySet capabilities = LaunchPlanCompiler.Capabilities(security, Host);
        return _filters.GetOrAdd(
            (security.Seccomp, capabilities),
            static (key, kernel) => SeccompCompiler.Compile(
                key.Profile is null ? SeccompProfile.Default : SeccompProfile.Parse(Encoding.UTF8.GetBytes(key.Profile)),
                RuntimeInformation.ProcessArchitecture, key.Capabilities, kernel),
            Host.Kernel);
    }

    /// <summary>Names are looked up in the container's own files; for a root that was never written to, once per image and session.</summary>
    private UserIdentity FindUser(ContainerRecord record, ImageRecord image)
    {
        string user = record.Spec.Process.User ?? image.Config.Config.User ?? "";
        IReadOnlyList<string> groups = record.Spec.Process.AdditionalGroups;
        (string Image, string User, string Groups) key = (image.Id, user, string.Join('\n', groups));
        if (!record.Started && _users.TryGetValue(key, out UserIdentity? known))
        {
            return known;
        }

        using RootedDirectory root = storage.Get(record.StorageDriver).OpenRoot(image, record.Started ? paths.Container(record.Id) : null);
        byte[] passwd = root.ReadSmallFile("/etc/passwd", MaximumAccountFile, followLast: true) ?? [];
        byte[] group = root.ReadSmallFile("/etc/group", MaximumAccountFile, followLast: true) ?? [];
        UserIdentity identity = UserResolver.Resolve(user, groups, passwd, group);
        if (!record.Started)
        {
            _users[key] = identity;
        }

        return identity;
    }

    private Dictionary<string, ProcessIdentity> FindProcesses(ContainerRecord record)
    {
        Dictionary<string, ProcessIdentity> found = [];
        NamespaceSpec namespaces = record.Spec.Namespaces;
        foreach (string mode in new[] { namespaces.Pid, namespaces.Ipc, namespaces.Uts, record.Spec.Network.Mode })
        {
            if (mode.StartsWith(NamespaceSpec.ContainerPrefix, StringComparison.Ordinal) && !found.ContainsKey(mode))
            {
                Container other = store.Get(mode[NamespaceSpec.ContainerPrefix.Length..]);
                ProcessIdentity process = new(other.ProcessId, other.ProcessStartTime);
                if (!process.IsAlive)
                {
                    throw new EngineException(
                        EngineErrorKind.InvalidOperation, "ContainerNotRunning",
                        $"Container \"{record.Name}\" shares a namespace of container \"{other.Name}\", which is not running.", other.Name,
                        $"Run: Start-Container {other.Name}");
                }

                found[mode] = process;
            }
        }

        return found;
    }

    private static void AwaitStart(ContainerRecord record, LaunchPlan plan, MonitorConnection connection, CancellationToken cancellation)
    {
        if (!connection.Receive(out MessageType type, out ReadOnlyMemory<byte> data, cancellation))
        {
            throw new EngineException(
                EngineErrorKind.ResourceUnavailable, "MonitorDied", $"The monitor of container \"{record.Name}\" ended before it could start it.",
                record.Name, "Check the free memory of this host, and the kernel log.");
        }

        MessageBody body = MonitorConnection.Body(data);
        if (type == MessageType.Failed)
        {
            throw LaunchFailure.Describe(plan, record.Name, body.A, body.B);
        }
    }

    private void Undo(ContainerRecord record, ICgroup cgroup, Exception failure)
    {
        try
        {
            // The monitor removes its own files when it fails; it may also have been killed, or never started.
            SpinWait.SpinUntil(() => !store.HasMonitor(record.Id), TimeSpan.FromSeconds(2));
            RemoveLeftovers(record, cgroup);
        }
        catch (Exception cleanup) when (cleanup is EngineException or LinuxException or IOException)
        {
            failure.Data["cleanup"] = cleanup.Message; // Both are kept; the first is the one that explains.
        }
    }
}
