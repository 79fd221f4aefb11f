using System.Text.Json.Serialization;
using Containers.Engine.Cgroups;
using Containers.Engine.Launch.Plan;

namespace Containers.Engine.Launch;

/// <summary>
/// What a container is to be: everything the user asked for, validated, immutable. It is stored in the container's record; the launch
/// plan is compiled from it at every start. A null or empty value means the image's or the engine's default.
/// </summary>
public sealed record ContainerSpec
{
    /// <summary>Reference or id the user gave; the record holds the image id it stood for.</summary>
    public required string Image { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    public ProcessSpec Process { get; init; } = new();

    public NamespaceSpec Namespaces { get; init; } = new();

    public SecuritySpec Security { get; init; } = new();

    public StorageSpec Storage { get; init; } = new();

    public NetworkSpec Network { get; init; } = new();

    public ResourceLimits Limits { get; init; } = new();

    public LogSpec Log { get; init; } = new();

    public RestartSpec Restart { get; init; } = new();

    public bool RemoveOnExit { get; init; }

    /// <summary>Parent of the container's cgroup, relative to the cgroup root; null for the engine's own group.</summary>
    public string? CgroupParent { get; init; }
}

/// <summary>The first process.</summary>
public sealed record ProcessSpec
{
    /// <summary>Replaces the image's command; null keeps it.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>Replaces the image's entrypoint (and then the image's command does not apply); an empty list removes it.</summary>
    public IReadOnlyList<string>? Entrypoint { get; init; }

    public string? WorkingDirectory { get; init; }

    /// <summary><c>name</c>, <c>uid</c>, <c>name:group</c>, <c>uid:gid</c>.</summary>
    public string? User { get; init; }

    /// <summary>Supplementary groups besides those of /etc/group, by name or number.</summary>
    public IReadOnlyList<string> AdditionalGroups { get; init; } = [];

    /// <summary>Variables that are added to or replace the image's. Values are final: a host's value was read when the spec was made.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Variables of the image that are left out.</summary>
    public IReadOnlyList<string> RemoveEnvironment { get; init; } = [];

    public bool ClearEnvironment { get; init; }

    /// <summary>The container has a standard input that stays open.</summary>
    public bool Interactive { get; init; }

    /// <summary>Input and output are a terminal of its own, from its own devpts.</summary>
    public bool Terminal { get; init; }

    /// <summary>Runs a small init as process 1 that reaps zombies and passes signals on.</summary>
    public bool Init { get; init; }

    /// <summary>Name or number, for example SIGTERM or 15; null for the image's, then SIGTERM.</summary>
    public string? StopSignal { get; init; }

    /// <summary>How long a stop waits before it kills; null for ten seconds.</summary>
    public TimeSpan? StopTimeout { get; init; }

    /// <summary>Three or four octal digits; 0022 by default.</summary>
    public string? Umask { get; init; }

    /// <summary>-1000 to 1000; 0 by default, never the session's own.</summary>
    public int OomScoreAdjustment { get; init; }

    /// <summary>Resource limits of setrlimit(2) by docker's names (nofile, nproc, core ...): soft and hard, -1 for unlimited.</summary>
    public IReadOnlyDictionary<string, UlimitSpec> Ulimits { get; init; } = new Dictionary<string, UlimitSpec>();
}

/// <param name="Soft">The limit in force; -1 for unlimited.</param>
/// <param name="Hard">How far a process may raise it; -1 for unlimited.</param>
public sealed record UlimitSpec(long Soft, long Hard);

/// <summary>Each mode is <c>private</c>, <c>host</c>, or <c>container:ID</c> (resolved to an id when the container is made).</summary>
public sealed record NamespaceSpec
{
    public const string Private = "private";

    public const string Host = "host";

    public const string ContainerPrefix = "container:";

    public string Pid { get; init; } = Private;

    public string Ipc { get; init; } = Private;

    public string Uts { get; init; } = Private;

    public string Cgroup { get; init; } = Private;

    /// <summary>Host name inside; null for the first 12 characters of the id.</summary>
    public string? HostName { get; init; }

    public string? DomainName { get; init; }

    /// <summary>Kernel parameters of the container's own namespaces, for example <c>net.core.somaxconn</c>.</summary>
    public IReadOnlyDictionary<string, string> Sysctls { get; init; } = new Dictionary<string, string>();
}

public sealed record SecuritySpec
{
    /// <summary>All capabilities and devices, no seccomp, no masks. A visible choice.</summary>
    public bool Privileged { get; init; }

    public IReadOnlyList<string> AddCapabilities { get; init; } = [];

    public IReadOnlyList<string> DropCapabilities { get; init; } = [];

    public bool NoNewPrivileges { get; init; }

    /// <summary>Null for the default profile, <c>unconfined</c>, or the profile's JSON text (read from the user's file when the spec was made).</summary>
    public string? Seccomp { get; init; }

    /// <summary>Paths to hide in addition to the default ones.</summary>
    public IReadOnlyList<string> Mask { get; init; } = [];

    /// <summary>Paths that are not hidden, or <c>ALL</c>.</summary>
    public IReadOnlyList<string> Unmask { get; init; } = [];

    public IReadOnlyList<DeviceSpec> Devices { get; init; } = [];

    public IReadOnlyList<DeviceRule> DeviceRules { get; init; } = [];
}

/// <summary>A device node of the host that appears in the container.</summary>
/// <param name="Source">Path on the host.</param>
/// <param name="Target">Path in the container.</param>
/// <param name="Access">Any of r, w, m.</param>
public sealed record DeviceSpec(string Source, string Target, string Access);

public sealed record StorageSpec
{
    public bool ReadOnly { get; init; }

    /// <summary>With <see cref="ReadOnly"/>: /run, /tmp and /var/tmp stay writable (tmpfs), as podman does. Off by default, as docker.</summary>
    public bool ReadOnlyTmpfs { get; init; }

    /// <summary>What is mounted into it, in no order: the compiler mounts what is nearer to the root first.</summary>
    public IReadOnlyList<MountSpec> Mounts { get; init; } = [];

    /// <summary>Containers whose binds and volumes it gets, too: <c>name</c>, <c>name:ro</c>. Resolved into <see cref="Mounts"/> when it is made.</summary>
    public IReadOnlyList<string> VolumesFrom { get; init; } = [];

    /// <summary>What becomes of the image's VOLUME places that nothing else is mounted at.</summary>
    public ImageVolumeMode ImageVolumes { get; init; }

    /// <summary>Size of /dev/shm in bytes.</summary>
    public long ShmSize { get; init; } = 64 << 20;
}

/// <summary>What happens to a container's output.</summary>
public enum LogDriver
{
    /// <summary>Kept beside the container, in the engine's own format.</summary>
    Local,

    /// <summary>Kept beside the container as docker's json-file.</summary>
    JsonFile,

    /// <summary>Sent to the systemd journal.</summary>
    Journald,

    /// <summary>Kept nowhere.</summary>
    None,
}

public sealed record LogSpec
{
    /// <summary>Null for the host's setting, when the container is made.</summary>
    public LogDriver? Driver { get; init; }

    /// <summary>Journald: the name that messages are found by; null for the first 12 digits of the id.</summary>
    public string? Tag { get; init; }

    /// <summary>Options by docker's names, until they are resolved when the container is made.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>What the user said by itself wins over options.</summary>
    [JsonIgnore]
    public long? GivenBytes { get; init; }

    [JsonIgnore]
    public int? GivenFiles { get; init; }

    /// <summary>The driver that is in force.</summary>
    [JsonIgnore]
    public LogDriver Effective => Disabled ? LogDriver.None : Driver ?? LogDriver.Local;

    /// <summary>Bytes of one log file before the next begins.</summary>
    public long MaximumBytes { get; init; } = 10 << 20;

    public int MaximumFiles { get; init; } = 3;

    /// <summary>As <see cref="LogDriver.None"/>, in records from before there were drivers.</summary>
    public bool Disabled { get; init; }
}

public sealed record RestartSpec
{
    [JsonConverter(typeof(JsonStringEnumConverter<RestartKind>))]
    public RestartKind Policy { get; init; } = RestartKind.No;

    /// <summary>OnFailure: give up after so many failures in a row; 0 for never.</summary>
    public int Maximum { get; init; }
}
