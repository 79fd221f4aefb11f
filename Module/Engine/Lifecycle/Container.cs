using System.Net;
using Containers.Engine.Launch;
using Containers.Engine.Networking;

namespace Containers.Engine.Lifecycle;

public enum ContainerState
{
    /// <summary>Made, never started.</summary>
    Created,
    Running,
    Paused,

    /// <summary>Between two runs: the restart policy will start it again.</summary>
    Restarting,
    Exited,

    /// <summary>Its record cannot be read; it can be removed.</summary>
    Damaged,
}

/// <summary>A container as a session sees it at one moment. The object does not change; get it again to see what has.</summary>
public sealed record Container
{
    /// <summary>64 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>The first 12 digits of the id: what people type.</summary>
    public string ShortId => Id.Length > 12 ? Id[..12] : Id;

    public required string Name { get; init; }

    /// <summary>The image as the user named it.</summary>
    public string Image { get; init; } = "";

    public string ImageId { get; init; } = "";

    /// <summary>Entrypoint and command that run, or would.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    public ContainerState State { get; init; }

    /// <summary>A sentence such as "Up 3 minutes" or "Exited (137) 2 hours ago".</summary>
    public string Status => ContainerStatusText.Describe(this, DateTimeOffset.UtcNow);

    public DateTimeOffset Created { get; init; }

    public DateTimeOffset? Started { get; init; }

    public DateTimeOffset? Finished { get; init; }

    /// <summary>Exit code of the last run; 128 + signal when a signal ended it; null while it runs, before the first run, or when nobody saw it.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that ended the last run, or null.</summary>
    public int? Signal { get; init; }

    public bool OomKilled { get; init; }

    /// <summary>Pid of the first process, in the host's numbering; 0 when it does not run.</summary>
    public int ProcessId { get; init; }

    /// <summary>Start time of that process in clock ticks since boot: pids are reused, the two together are not.</summary>
    internal long ProcessStartTime { get; init; }

    public int MonitorProcessId { get; init; }

    /// <summary>False for a running container whose monitor was killed: it runs, but nobody records its log and its exit.</summary>
    public bool Supervised { get; init; } = true;

    public int RestartCount { get; init; }

    /// <summary>Somebody stopped its last run: the policy UnlessStopped does not start it after a reboot.</summary>
    public bool StoppedByUser { get; init; }

    public RestartSpec RestartPolicy { get; init; } = new();

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public string HostName { get; init; } = "";

    /// <summary>none, host, container:NAME, or the names of its networks with commas between.</summary>
    public string Network { get; init; } = "";

    /// <summary>Names of its networks; empty for none, host and a shared one.</summary>
    public IReadOnlyList<string> Networks { get; init; } = [];

    /// <summary>Its address on the first of them while it runs.</summary>
    public IPAddress? IPAddress { get; init; }

    public int? IPPrefixLength { get; init; }

    public IPAddress? IPv6Address { get; init; }

    public IPAddress? Gateway { get; init; }

    /// <summary>02:42:ac:11:00:02, or empty.</summary>
    public string MacAddress { get; init; } = "";

    /// <summary>Published ports while it runs, then the ones that are only exposed.</summary>
    public IReadOnlyList<ContainerPortMapping> Ports { get; init; } = [];

    /// <summary>What is mounted in it, by target.</summary>
    public IReadOnlyList<ContainerMount> Mounts { get; init; } = [];

    /// <summary>Names of its volumes.</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    /// <summary>The container's own name, then those others link to it by: web/db.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    public bool RemoveOnExit { get; init; }

    /// <summary>Bytes of output that could not be logged because the disk was full.</summary>
    public long LostLogBytes { get; init; }

    /// <summary>Bytes on the disk that it added or changed; null when nobody asked.</summary>
    public long? Size { get; init; }

    /// <summary>The same and its image; null when nobody asked.</summary>
    public long? VirtualSize { get; init; }

    /// <summary>Why the record is damaged, or what stopped the last start; null otherwise.</summary>
    public string? Problem { get; init; }

    public ContainerSpec? Spec { get; init; }

    public bool IsRunning => State is ContainerState.Running or ContainerState.Paused;

    public override string ToString() => Name;
}
