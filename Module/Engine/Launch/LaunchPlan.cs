using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Engine.Launch;

/// <summary>Everything a monitor needs: the steps to the first process, and how to supervise it. Compiled, never edited.</summary>
internal sealed record LaunchPlan
{
    internal required string Id { get; init; }

    internal required string BootId { get; init; }

    internal required IReadOnlyList<LaunchStep> Steps { get; init; }

    /// <summary>CLONE_NEW* flags the process is born with.</summary>
    internal required ulong CloneFlags { get; init; }

    /// <summary>Namespace file of another container's processes, which the process is born into; null for its own or the host's.</summary>
    internal string? PidNamespace { get; init; }

    /// <summary>The process <see cref="PidNamespace"/> is of: the monitor joins only as long as the pid is still its own.</summary>
    internal ProcessIdentity? PidNamespaceProcess { get; init; }

    internal required PlanCgroup Cgroup { get; init; }

    internal PlanFlags Flags { get; init; }

    internal required string DataDirectory { get; init; }

    internal required string TrashDirectory { get; init; }

    internal required string RunDirectory { get; init; }

    internal required string NameFile { get; init; }

    internal required string LogDirectory { get; init; }

    internal long LogMaximumBytes { get; init; }

    internal int LogMaximumFiles { get; init; }

    internal int LogNumber { get; init; } = 1;

    internal LogFormat LogFormat { get; init; }

    /// <summary>For the journal: its socket, and the fields of all messages, NAME=value lines.</summary>
    internal string? JournalSocket { get; init; }

    internal string? JournalFields { get; init; }

    /// <summary>Where the monitor appends what happens (<see cref="Plan.EventFile"/>); null for nowhere.</summary>
    internal string? EventFile { get; init; }

    /// <summary>What each of its records says of the container: JSON from "id" to the last attribute, objects left open.</summary>
    internal string? EventSubject { get; init; }

    internal RestartSpec Restart { get; init; } = new();

    internal int StopSignal { get; init; }

    internal TimeSpan StopTimeout { get; init; }

    internal IReadOnlyList<string> MonitorCgroupFiles { get; init; } = [];

    /// <summary>The engine's network lock, which the monitor takes before it undoes anything; null for a container without rules.</summary>
    internal string? NetworkLockFile { get; init; }

    /// <summary>What the monitor runs at the final end, in this order, where a session has not done so.</summary>
    internal IReadOnlyList<PlanUndo> NetworkUndo { get; init; } = [];

    /// <summary>Volumes that a container that removes itself lets go of.</summary>
    internal IReadOnlyList<PlanVolume> Volumes { get; init; } = [];

    /// <summary>Ports of the host that the monitor keeps other programs from; at most <see cref="PlanFormat.MaximumPorts"/>.</summary>
    internal IReadOnlyList<PlanPort> Ports { get; init; } = [];

    /// <summary>A further program: JSON that its monitor writes down as it is; null for a container's first process.</summary>
    internal string? Record { get; init; }
}
