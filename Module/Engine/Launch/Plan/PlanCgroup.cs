namespace Containers.Engine.Launch.Plan;

/// <summary>
/// What the monitor must know of the container's cgroups. All paths are absolute host paths made by the engine; nothing in
/// here comes from an image.
/// </summary>
public sealed record PlanCgroup
{
    /// <summary>The directory for CLONE_INTO_CGROUP: cgroup v2, or the unified part of a hybrid host. Null without one.</summary>
    public string? CloneIntoDirectory { get; init; }

    /// <summary>cgroup v1: the <c>tasks</c> files the child writes "0" to, in this order.</summary>
    public IReadOnlyList<string> JoinFiles { get; init; } = [];

    /// <summary><c>cgroup.kill</c> (Linux 5.14) where a v2 directory exists: "1" kills every process.</summary>
    public string? KillFile { get; init; }

    /// <summary>v2 <c>cgroup.freeze</c> ("1", "0"), or v1 <c>freezer.state</c> ("FROZEN", "THAWED").</summary>
    public string? FreezeFile { get; init; }

    public bool FreezeIsV1 { get; init; }

    /// <summary>A <c>cgroup.procs</c> file that lists all processes of the container.</summary>
    public string? ProcessesFile { get; init; }

    /// <summary>v2 <c>memory.events</c> or v1 <c>memory.oom_control</c>; both hold a line "oom_kill N".</summary>
    public string? OomFile { get; init; }

    /// <summary>Every directory made for the container, to remove (rmdir) in this order at the end.</summary>
    public IReadOnlyList<string> Directories { get; init; } = [];
}
