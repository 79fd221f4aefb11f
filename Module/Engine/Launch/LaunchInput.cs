using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Engine.Launch;

/// <summary>What the compiler needs besides the spec: facts that were looked up before, so that compiling has no side effect.</summary>
internal sealed record LaunchInput
{
    internal required string Id { get; init; }

    internal required string Name { get; init; }

    internal required ContainerSpec Spec { get; init; }

    internal required ProgramDefaults Image { get; init; }

    internal required HostFacts Host { get; init; }

    internal required UserIdentity User { get; init; }

    internal required PlanCgroup Cgroup { get; init; }

    /// <summary>Directory of the host on which the root is mounted, in the container's own mount namespace.</summary>
    internal required string RootTarget { get; init; }

    /// <summary>The storage driver's steps that mount the root there.</summary>
    internal required IReadOnlyList<LaunchStep> RootSteps { get; init; }

    /// <summary>Files of the host that appear under /etc: target, source.</summary>
    internal IReadOnlyList<(string Target, string Source)> EtcFiles { get; init; } = [];

    /// <summary>What the user has mounted, with its sources looked up.</summary>
    internal IReadOnlyList<PlannedMount> Mounts { get; init; } = [];

    /// <summary>Device nodes, with numbers looked up.</summary>
    internal IReadOnlyList<DeviceNode> Devices { get; init; } = [];

    /// <summary>A process in the container whose namespace is joined, by mode ("container:ID").</summary>
    internal IReadOnlyDictionary<string, ProcessIdentity> JoinedProcesses { get; init; } = new Dictionary<string, ProcessIdentity>();

    /// <summary>
    /// The session has made the network namespace and gives it to the monitor: the process joins it, and the loopback is up in it.
    /// Only for a network of its own.
    /// </summary>
    internal bool NetworkPrepared { get; init; }

    /// <inheritdoc cref="LaunchPlan.NetworkLockFile"/>
    internal string? NetworkLockFile { get; init; }

    /// <inheritdoc cref="LaunchPlan.NetworkUndo"/>
    internal IReadOnlyList<PlanUndo> NetworkUndo { get; init; } = [];

    /// <inheritdoc cref="LaunchPlan.Volumes"/>
    internal IReadOnlyList<PlanVolume> Volumes { get; init; } = [];

    /// <inheritdoc cref="LaunchPlan.Ports"/>
    internal IReadOnlyList<PlanPort> Ports { get; init; } = [];

    /// <summary>NAME=VALUE of the containers it is linked to; the image's and the user's come after.</summary>
    internal IReadOnlyList<string> LinkVariables { get; init; } = [];

    /// <summary>The compiled filter, or null for none.</summary>
    internal byte[]? Seccomp { get; init; }

    internal required string DataDirectory { get; init; }

    internal required string TrashDirectory { get; init; }

    internal required string RunDirectory { get; init; }

    internal required string NameFile { get; init; }

    internal required string LogDirectory { get; init; }

    internal int LogNumber { get; init; } = 1;

    /// <inheritdoc cref="LaunchPlan.EventFile"/>
    internal string? EventFile { get; init; }

    /// <inheritdoc cref="LaunchPlan.EventSubject"/>
    internal string? EventSubject { get; init; }

    internal bool Foreground { get; init; }

    /// <summary>First size of the terminal, if it has one.</summary>
    internal TerminalSize TerminalSize { get; init; }

    internal IReadOnlyList<string> MonitorCgroupFiles { get; init; } = [];

    /// <inheritdoc cref="PlanFlags.EndsWithSession"/>
    internal bool EndsWithSession { get; init; }

    /// <inheritdoc cref="PlanFlags.SecretDescriptor"/>
    internal bool HasSecrets { get; init; }

    /// <summary>Variables that no record keeps; they win over all others.</summary>
    internal IReadOnlyDictionary<string, string> SecretVariables { get; init; } = new Dictionary<string, string>();
}

/// <summary>What the image says about the process.</summary>
internal sealed record ProgramDefaults(
    IReadOnlyList<string> Entrypoint, IReadOnlyList<string> Command, IReadOnlyList<string> Environment, string WorkingDirectory, string User, string StopSignal);

/// <param name="Target">Path in the container.</param>
/// <param name="Type">c or b.</param>
/// <param name="Major">Number of the driver.</param>
/// <param name="Minor">Number of the device.</param>
/// <param name="Mode">Permission bits.</param>
internal sealed record DeviceNode(string Target, char Type, uint Major, uint Minor, uint Mode);
