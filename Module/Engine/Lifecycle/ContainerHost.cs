using Containers.Engine.Launch;

namespace Containers.Engine.Lifecycle;

/// <summary>This machine as the engine sees it.</summary>
public sealed record ContainerHost
{
    public required string HostName { get; init; }

    public required string EngineVersion { get; init; }

    public required string KernelVersion { get; init; }

    public required string OperatingSystem { get; init; }

    public required string Architecture { get; init; }

    public int ProcessorCount { get; init; }

    public long MemoryBytes { get; init; }

    public required string DataRoot { get; init; }

    public required string RunRoot { get; init; }

    public required string StorageDriver { get; init; }

    /// <summary>Where the output of new containers goes: Local, JsonFile, Journald or None.</summary>
    public LogDriver LogDriver { get; init; }

    /// <summary>File system under the data root, for example ext4.</summary>
    public required string BackingFileSystem { get; init; }

    /// <summary>V1, V2, Hybrid or None.</summary>
    public required string CgroupVersion { get; init; }

    public IReadOnlyList<string> CgroupControllers { get; init; } = [];

    /// <summary>What the kernel offers of: seccomp, apparmor, selinux, userns, timens, keyring.</summary>
    public IReadOnlyList<string> SecurityFeatures { get; init; } = [];

    public bool IsRootless { get; init; }

    public int Containers { get; init; }

    public int Running { get; init; }

    public int Paused { get; init; }

    public int Stopped { get; init; }

    public int Images { get; init; }

    /// <summary>What is missing on this host and what follows from it.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
