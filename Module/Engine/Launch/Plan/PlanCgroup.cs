namespace Containers.Engine.Launch.Plan;

/// <summary>What the monitor must know of the container's cgroups: plain paths, so that it needs no knowledge of controllers.</summary>
public sealed record PlanCgroup
{
    /// <summary>Directory of the v2 cgroup the container is born in (CLONE_INTO_CGROUP), or null on pure v1.</summary>
    public string? CloneIntoDirectory { get; init; }

    /// <summary>The <c>tasks</c> files of v1 hierarchies. The child writes "0" to each: a thread that moves itself takes no global lock.</summary>
    public IReadOnlyList<string> JoinFiles { get; init; } = [];

    /// <summary>cgroup.kill (Linux 5.14) where a v2 directory exists.</summary>
    public string? KillFile { get; init; }

    /// <summary>cgroup.freeze ("1", "0") or, with <see cref="FreezeIsV1"/>, freezer.state ("FROZEN", "THAWED").</summary>
    public string? FreezeFile { get; init; }

    public bool FreezeIsV1 { get; init; }

    /// <summary>A cgroup.procs file that lists every process of the container.</summary>
    public string? ProcessesFile { get; init; }

    /// <summary>memory.events (v2) or memory.oom_control (v1): both have a line <c>oom_kill N</c>.</summary>
    public string? OomFile { get; init; }

    /// <summary>Every directory made for the container, in the order to remove them.</summary>
    public IReadOnlyList<string> Directories { get; init; } = [];
}
