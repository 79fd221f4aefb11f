namespace Containers.Engine.Lifecycle;

/// <summary>A process in a container, as it was at one moment; or a further program that has ended, as long as its container remembers it.</summary>
public sealed record ContainerProcess
{
    /// <summary>The container's name.</summary>
    public required string Container { get; init; }

    public required string ContainerId { get; init; }

    /// <summary>Pid as the container counts; 0 when it is not known any more.</summary>
    public int Pid { get; init; }

    /// <summary>Pid as the host counts.</summary>
    public int HostPid { get; init; }

    /// <summary>Pid of its parent, as the container counts; 0 for a parent outside.</summary>
    public int ParentPid { get; init; }

    /// <summary>The program's name as the kernel has it: 15 characters at most, chosen by the process.</summary>
    public string Name { get; init; } = "";

    /// <summary>Its command line, or its name in brackets; chosen by the process.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Name by the container's /etc/passwd, or the number.</summary>
    public string User { get; init; } = "";

    /// <summary>Effective user id.</summary>
    public uint Uid { get; init; }

    public ProcessState State { get; init; }

    public DateTimeOffset? Started { get; init; }

    public TimeSpan CpuTime { get; init; }

    /// <summary>Bytes of memory that it has in RAM, shared ones included.</summary>
    public long Memory { get; init; }

    public int Threads { get; init; }

    /// <summary>Effective capabilities, for example CAP_CHOWN.</summary>
    public IReadOnlyList<string> CapEff { get; init; } = [];

    public SeccompMode Seccomp { get; init; }

    /// <summary>Of a program that Invoke-ContainerCommand or Start-ContainerProcess started; null for others.</summary>
    public string? ExecId { get; init; }

    /// <summary>Nobody is attached to it: it was started to run by itself.</summary>
    public bool Detached { get; init; }

    public bool HasExited { get; init; }

    /// <summary>Exit code of a detached program that has ended, or 128 + signal; null otherwise, and when nobody saw it.</summary>
    public int? ExitCode { get; init; }

    public DateTimeOffset? Exited { get; init; }

    /// <summary>Clock ticks since boot: with the pid, it names a process.</summary>
    internal long StartTime { get; init; }

    public override string ToString() => Pid == 0 ? Name : Name + " (" + Pid.ToString(System.Globalization.CultureInfo.InvariantCulture) + ")";
}

/// <summary>State of proc_pid_stat(5).</summary>
public enum ProcessState
{
    Running,
    Sleeping,

    /// <summary>It waits in the kernel and takes no signal.</summary>
    Waiting,
    Stopped,
    Zombie,
    Idle,
    Exited,
}

/// <summary>Seccomp of proc_pid_status(5).</summary>
public enum SeccompMode
{
    Off = 0,
    Strict = 1,
    Filter = 2,
}
