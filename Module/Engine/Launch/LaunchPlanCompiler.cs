using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Engine.Launch;

/// <summary>
/// Compiles a spec into a launch plan. Pure: the same input gives the same plan, and nothing is touched. The order of the steps is the
/// order in which rights are given up: cgroups and namespaces, mounts, the new root, limits, and privileges last.
/// </summary>
internal sealed partial class LaunchPlanCompiler
{
    private readonly LaunchInput _input;
    private readonly ContainerSpec _spec;
    private readonly List<LaunchStep> _steps = new(128);

    private LaunchPlanCompiler(LaunchInput input)
    {
        _input = input;
        _spec = input.Spec;
    }

    internal static LaunchPlan Compile(LaunchInput input) => new LaunchPlanCompiler(input).Run();

    private bool Privileged => _spec.Security.Privileged;

    private bool OwnNetwork => _spec.Network.Mode is NetworkSpec.None or NetworkSpec.Own;

    private bool JoinsPreparedNetwork => OwnNetwork && _input.NetworkPrepared;

    private LaunchPlan Run()
    {
        JoinCgroupsAndNamespaces();
        BuildRoot();
        EnterRoot();
        DropPrivileges();
        StartProgram();
        return new LaunchPlan
        {
            Id = _input.Id,
            BootId = _input.Host.BootId,
            Steps = _steps,
            CloneFlags = CloneFlags(),
            PidNamespace = Joined(_spec.Namespaces.Pid) is { } process ? $"/proc/{process.Pid}/ns/pid" : null,
            PidNamespaceProcess = Joined(_spec.Namespaces.Pid),
            Cgroup = _input.Cgroup,
            Flags = Flags(),
            DataDirectory = _input.DataDirectory,
            TrashDirectory = _input.TrashDirectory,
            RunDirectory = _input.RunDirectory,
            NameFile = _input.NameFile,
            LogDirectory = _input.LogDirectory,
            LogMaximumBytes = _spec.Log.MaximumBytes,
            LogMaximumFiles = _spec.Log.MaximumFiles,
            LogNumber = _input.LogNumber,
            LogFormat = _spec.Log.Effective switch
            {
                LogDriver.JsonFile => LogFormat.Json,
                LogDriver.Journald => LogFormat.Journal,
                _ => LogFormat.Records,
            },
            JournalSocket = _spec.Log.Effective == LogDriver.Journald ? JournalFields.Socket : null,
            JournalFields = _spec.Log.Effective == LogDriver.Journald ? JournalFields.Build(_input.Id, _input.Name, _spec) : null,
            EventFile = _input.EventFile,
            EventSubject = _input.EventSubject,
            Restart = _spec.Restart,
            StopSignal = StopSignal(_spec, _input.Image),
            StopTimeout = _spec.Process.StopTimeout ?? TimeSpan.FromSeconds(10),
            MonitorCgroupFiles = _input.MonitorCgroupFiles,
            NetworkLockFile = _input.NetworkLockFile,
            NetworkUndo = _input.NetworkUndo,
            Ports = _input.Ports,
            Volumes = _input.Volumes,
        };
    }

    /// <summary>The container's stop signal: its own, the image's, SIGTERM.</summary>
    internal static int StopSignal(ContainerSpec spec, ProgramDefaults image) =>
        SignalNames.Parse(spec.Process.StopSignal ?? (image.StopSignal.Length > 0 ? image.StopSignal : "SIGTERM"));

    private ulong CloneFlags()
    {
        NamespaceSpec namespaces = _spec.Namespaces;
        ulong flags = Libc.CLONE_NEWNS;
        flags |= namespaces.Pid == NamespaceSpec.Private ? Libc.CLONE_NEWPID : 0;
        flags |= namespaces.Ipc == NamespaceSpec.Private ? Libc.CLONE_NEWIPC : 0;
        flags |= namespaces.Uts == NamespaceSpec.Private ? Libc.CLONE_NEWUTS : 0;
        flags |= OwnNetwork && !JoinsPreparedNetwork ? Libc.CLONE_NEWNET : 0;
        flags |= _input.Host.HasTimeNamespace ? Libc.CLONE_NEWTIME : 0;
        return flags;
    }

    private PlanFlags Flags()
    {
        PlanFlags flags = PlanFlags.None;
        flags |= _spec.Process.Interactive ? PlanFlags.StandardInput : 0;
        flags |= _input.Foreground ? PlanFlags.Foreground : 0;
        flags |= _input.EndsWithSession ? PlanFlags.EndsWithSession : 0;
        flags |= _input.HasSecrets ? PlanFlags.SecretDescriptor : 0;
        // Whoever looks away from a terminal may come back to it.
        flags |= _input.Foreground && !_spec.Process.Terminal ? PlanFlags.CloseInputWithSession : 0;
        flags |= _spec.Process.Terminal ? PlanFlags.Terminal : 0;
        flags |= _spec.RemoveOnExit ? PlanFlags.RemoveOnExit : 0;
        flags |= _spec.CgroupParent is null ? PlanFlags.RemoveCgroupParents : 0;
        flags |= _spec.Log.Effective == LogDriver.None ? PlanFlags.NoLog : 0;
        flags |= _spec.Namespaces.Pid == NamespaceSpec.Private ? 0 : PlanFlags.SharedProcessNamespace;
        flags |= JoinsPreparedNetwork ? PlanFlags.NetworkDescriptor : 0;
        return flags;
    }

    private void JoinCgroupsAndNamespaces()
    {
        if (JoinsPreparedNetwork)
        {
            // Before any mount: a sysfs shows the network namespace of the process that mounted it.
            Add(LaunchSteps.JoinNetworkDescriptor());
        }

        foreach (string file in _input.Cgroup.JoinFiles)
        {
            Add(LaunchSteps.WriteHostFile(file, "0"));
        }

        Add(LaunchSteps.WriteHostFile(
            "/proc/self/oom_score_adj", _spec.Process.OomScoreAdjustment.ToString(System.Globalization.CultureInfo.InvariantCulture), optional: true));
        if (_spec.Namespaces.Cgroup == NamespaceSpec.Private && _input.Host.HasCgroupNamespace)
        {
            // Not at clone3: the namespace's root is the cgroup its maker is in at that moment.
            Add(LaunchSteps.Unshare(Libc.CLONE_NEWCGROUP, "cgroup"));
        }

        Join(_spec.Namespaces.Ipc, "ipc", Libc.CLONE_NEWIPC);
        Join(_spec.Namespaces.Uts, "uts", Libc.CLONE_NEWUTS);
        Join(_spec.Network.Mode, "net", Libc.CLONE_NEWNET);
        Add(LaunchSteps.JoinSessionKeyring("_ses." + _input.Id[..12]));
    }

    private void Join(string mode, string name, ulong flag)
    {
        if (Joined(mode) is { } process)
        {
            Add(LaunchSteps.JoinNamespace(process, flag, name));
        }
    }

    private ProcessIdentity? Joined(string mode) => _input.JoinedProcesses.TryGetValue(mode, out ProcessIdentity process) ? process : null;

    private void Add(LaunchStep step) => _steps.Add(step);
}
