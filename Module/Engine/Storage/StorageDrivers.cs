using Containers.Engine.Images;
using Containers.Engine.Linux;

namespace Containers.Engine.Storage;

/// <summary>The drivers of a data root: which there are, which one new containers get, what each says about itself.</summary>
/// <param name="setting">Name of the driver that is set; null for none.</param>
internal sealed class StorageDrivers(string dataRoot, Func<string?> setting)
{
    private static readonly string[] s_names = [OverlayDriver.DriverName, BtrfsDriver.DriverName, VfsDriver.DriverName];

    private readonly StorageProbe _probe = new(dataRoot);
    private readonly OverlayDriver _overlay = new(dataRoot);
    private readonly BtrfsDriver _btrfs = new(dataRoot);
    private readonly VfsDriver _vfs = new(dataRoot);

    /// <summary>The driver that a container was made with.</summary>
    /// <param name="name">Of its record; null is overlay, which was the only one once.</param>
    /// <exception cref="EngineException">InvalidStorageDriver.</exception>
    internal IStorageDriver Get(string? name) => name switch
    {
        null or OverlayDriver.DriverName => _overlay,
        BtrfsDriver.DriverName => _btrfs,
        VfsDriver.DriverName => _vfs,
        _ => throw Unknown(name),
    };

    /// <summary>The driver that a new container gets.</summary>
    /// <param name="warnings">Told when it is a poor one that nobody asked for; may be null.</param>
    internal IStorageDriver Select(IList<string>? warnings)
    {
        if (setting() is { } wanted)
        {
            return Get(wanted);
        }

        if (_probe.OverlayProblem(thorough: false) is not { } problem)
        {
            return _overlay;
        }

        if (_probe.Magic == Libc.BTRFS_SUPER_MAGIC)
        {
            return _btrfs;
        }

        warnings?.Add(
            $"Overlay cannot be used on \"{dataRoot}\" ({problem}): the container is a full copy of its image (storage driver vfs).");
        return _vfs;
    }

    /// <summary>Judges a name that is to be set.</summary>
    /// <exception cref="EngineException">InvalidStorageDriver, StorageDriverNotAvailable.</exception>
    internal string? Validate(string? name)
    {
        if (name is null || name.Equals("auto", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        string known = s_names.FirstOrDefault(one => one.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? throw Unknown(name);
        return Problem(known) is not { } problem
            ? known
            : throw new EngineException(
                EngineErrorKind.NotImplemented, "StorageDriverNotAvailable", $"The storage driver {known} cannot be used on \"{dataRoot}\": {problem}.",
                known, "Choose another driver, or put the data root on another file system (CONTAINERS_DATA_ROOT).");
    }

    /// <summary>All drivers.</summary>
    /// <param name="containers">How many containers have the driver of a name.</param>
    internal IReadOnlyList<StorageDriverInfo> Describe(Func<string, int> containers)
    {
        string current = Select(null).Name;
        return [.. s_names.Select(name =>
        {
            string? problem = Problem(name);
            return new StorageDriverInfo
            {
                Name = name,
                Current = name == current,
                Available = problem is null,
                Reason = problem is not null ? Sentence(problem)
                    : name == VfsDriver.DriverName && !_probe.CanShareData() ? "Each container is a full copy of its image." : null,
                Containers = containers(name),
                Status = Facts(name, problem is null),
            };
        })];
    }

    /// <summary>Takes away what plain deletion of a container's directory cannot, whatever driver it has: the record may be damaged.</summary>
    internal void Release(string containerDirectory) => _btrfs.Release(containerDirectory);

    /// <summary>Removes the trees that flat drivers made of images that are gone. Cheap when there are none.</summary>
    /// <param name="images">All images; asked for only when there are trees at all.</param>
    /// <returns>The directories that are gone.</returns>
    internal IReadOnlyList<string> RemoveUnusedRoots(Func<IEnumerable<ImageRecord>> images)
    {
        if (!Directory.Exists(dataRoot + "/roots"))
        {
            return [];
        }

        ImageRecord[] all = [.. images()];
        return [.. _btrfs.RemoveUnusedRoots(all), .. _vfs.RemoveUnusedRoots(all)];
    }

    private string? Problem(string name) => name switch
    {
        OverlayDriver.DriverName => _probe.OverlayProblem(thorough: true),
        BtrfsDriver.DriverName => _probe.Magic == Libc.BTRFS_SUPER_MAGIC ? null : $"its file system is {_probe.FileSystem}, not btrfs",
        _ => null,
    };

    private Dictionary<string, string> Facts(string name, bool available)
    {
        Dictionary<string, string> facts = new() { ["Backing Filesystem"] = _probe.FileSystem };
        if (name == OverlayDriver.DriverName)
        {
            facts["Supports d_type"] = Text(_probe.SuppliesTypes());
            facts["Native Overlay Diff"] = Text(available);
            facts["Mount Options"] = OverlayDriver.PlainOptions.TrimStart(',');
        }
        else if (available)
        {
            facts["Reflink"] = Text(name == BtrfsDriver.DriverName || _probe.CanShareData());
        }

        return facts;
    }

    private static string Text(bool value) => value ? "true" : "false";

    private static string Sentence(string half) => char.ToUpperInvariant(half[0]) + half[1..] + ".";

    private static EngineException Unknown(string name) => new(
        EngineErrorKind.InvalidArgument, "InvalidStorageDriver", $"There is no storage driver '{name}'.", name,
        "Choose one of: " + string.Join(", ", s_names) + ".");
}
