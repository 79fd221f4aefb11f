using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;
using Containers.Engine.Networking;

namespace Containers.Engine.Inspection;

/// <summary>Everything that is known of a container at one moment.</summary>
public sealed record ContainerDetail
{
    /// <summary>What Get-Container shows of it: state, times, exit code, addresses.</summary>
    public required Container Container { get; init; }

    public string Id => Container.Id;

    public string Name => Container.Name;

    public ContainerState State => Container.State;

    /// <summary>The program, and its arguments.</summary>
    public string Path { get; init; } = "";

    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>What it was made as: limits, security, namespaces, mounts, networks, log, restart policy.</summary>
    public required ContainerSpec Spec { get; init; }

    /// <summary>What the image says, changed by what the user said: environment, user, labels, ports, stop signal.</summary>
    public required ImageDefaults Config { get; init; }

    /// <summary>How it is found out whether it works, what the image says included; null when it is not.</summary>
    public HealthSpec? HealthCheck { get; init; }

    /// <summary>What the last checks said; null where there is no check.</summary>
    public ContainerHealth? Health { get; init; }

    public string ResolvConfPath { get; init; } = "";

    public string HostNamePath { get; init; } = "";

    public string HostsPath { get; init; } = "";

    /// <summary>The directory of the log's files.</summary>
    public string LogPath { get; init; } = "";

    public IReadOnlyList<ContainerMountDetail> Mounts { get; init; } = [];

    public required ContainerGraphDriver GraphDriver { get; init; }

    /// <summary>The names of its capabilities, CAP_ in front, of a user who is root in it.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = [];

    public IReadOnlyList<string> MaskedPaths { get; init; } = [];

    public IReadOnlyList<string> ReadOnlyPaths { get; init; } = [];

    /// <summary>The cgroup, relative to the top of each hierarchy.</summary>
    public string CgroupPath { get; init; } = "";

    /// <summary>The interfaces it has while it runs.</summary>
    public IReadOnlyList<ContainerNetworkAdapter> Adapters { get; init; } = [];

    /// <summary>Ids of its networks by their names.</summary>
    public IReadOnlyDictionary<string, string> NetworkIds { get; init; } = new Dictionary<string, string>();

    /// <summary>A file that is its network namespace, while it runs.</summary>
    public string NetworkNamespacePath { get; init; } = "";

    /// <summary>Names of containers by their ids: those that it links to, or shares namespaces with.</summary>
    public IReadOnlyDictionary<string, string> OtherNames { get; init; } = new Dictionary<string, string>();

    /// <summary>Ids of further programs that run in it.</summary>
    public IReadOnlyList<string> ExecIds { get; init; } = [];

    /// <summary>Bytes that it wrote into its root; null when nobody asked.</summary>
    public long? SizeWritten { get; init; }

    /// <summary>The same and the image; null when nobody asked.</summary>
    public long? SizeRoot { get; init; }

    public override string ToString() => Name;
}

/// <summary>Something mounted into a container.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Name">Of the volume; empty for others.</param>
/// <param name="Source">A path of the host; of an image its name; empty for a tmpfs.</param>
/// <param name="Target">The path in the container.</param>
/// <param name="ReadOnly">Nothing can be written there.</param>
/// <param name="Propagation">Of a bind.</param>
public sealed record ContainerMountDetail(MountType Type, string Name, string Source, string Target, bool ReadOnly, MountPropagation Propagation);

/// <summary>How its root file system comes to be.</summary>
/// <param name="Name">overlay, btrfs, vfs.</param>
/// <param name="Data">Directories of the host: of overlay LowerDir, UpperDir, WorkDir, and MergedDir while it runs.</param>
public sealed record ContainerGraphDriver(string Name, IReadOnlyDictionary<string, string> Data);
