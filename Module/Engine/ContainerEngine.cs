using Containers.Engine.Events;
using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;
using Containers.Engine.Networking;
using Containers.Engine.Registry;
using Containers.Engine.Storage;
using Containers.Engine.Volumes;

namespace Containers.Engine;

/// <summary>
/// The engine as the cmdlets see it: every public operation is one method here. It holds no state of its own but caches; all state is
/// files under the roots, so that any number of sessions can work side by side. Thread-safe.
/// </summary>
/// <remarks>
/// A container is named by its name, its id, or an unambiguous beginning of its id. Failures are <see cref="EngineException"/>s;
/// ids used everywhere: ContainerNotFound, AmbiguousContainerId, NameConflict, ContainerRunning, ContainerNotRunning, ContainerPaused.
/// </remarks>
public sealed partial class ContainerEngine : IDisposable
{
    private readonly ImageStore _images;
    private readonly EnginePaths _paths;
    private readonly ContainerStore _store;
    private readonly MonitorProcess _monitors;
    private readonly ContainerLauncher _launcher;
    private readonly Reconciler _reconciler;
    private readonly HostSettingsStore _settings;
    private readonly NetworkService _networks;
    private readonly StorageDrivers _storage;
    private readonly RegistryService _registries;
    private readonly VolumeStore _volumes;
    private readonly ContainerVolumes _containerVolumes;
    private readonly EventLog _events;

    public ContainerEngine(EngineOptions options)
    {
        Options = options;
        _events = new EventLog(options.DataRoot);
        _images = new ImageStore(options.DataRoot) { Events = _events };
        _paths = new EnginePaths(options);
        _settings = new HostSettingsStore(options.DataRoot);
        NetworkPaths networkPaths = new(options.DataRoot, options.RunRoot);
        NetworkStore networkStore = new(networkPaths);
        _store = new ContainerStore(_paths, networkStore);
        _networks = new NetworkService(networkPaths, networkStore, () => _settings.Read().Network, _store.IsActive);
        _monitors = new MonitorProcess(options.MonitorPath);
        _storage = new StorageDrivers(options.DataRoot, () => _settings.Read().Storage.Driver);
        _volumes = new VolumeStore(
            options.DataRoot, id => Directory.Exists(_paths.Container(id)) || Directory.Exists(_paths.NewContainer(id)) || Directory.Exists(_paths.Container(id)))
        {
            Events = _events,
        };
        _containerVolumes = new ContainerVolumes(_volumes, _storage, _store.IsActive);
        _launcher = new ContainerLauncher(_paths, _store, _images, _monitors, _networks, _storage, _volumes, _containerVolumes);
        _reconciler = new Reconciler(_paths, _store, _launcher, _networks, _storage, _events, _volumes, _containerVolumes);
        _registries = new RegistryService();
        _images.KeptLayers = () => BuildCache.Layers();
        _images.Layers.ContainerName = id => _store.TryGetRecord(id)?.Name ?? id[..12];
    }

    public EngineOptions Options { get; }

    /// <summary>Images and layers under the same data root.</summary>
    /// <exception cref="EngineException">DataRootNotSafe: others could replace what is read and written there.</exception>
    public ImageStore Images
    {
        get
        {
            DataRoot.Verify(_paths);
            return _images;
        }
    }

    /// <summary>All containers, by name; a damaged one is listed as such. Takes no lock.</summary>
    public IReadOnlyList<Container> List()
    {
        _reconciler.Run();
        return _store.List();
    }

    public Container Get(string nameOrId)
    {
        _reconciler.Run();
        return _store.GetWithNames(_store.Resolve(nameOrId));
    }

    public ContainerHost GetHost() =>
        HostInformation.Collect(Options, _launcher.Host, _launcher.Cgroups, _storage.Select(null).Name, _store.List(), Images.List().Count)
            with { LogDriver = _settings.Read().Log.Driver ?? LogDriver.Local };

    /// <summary>The steps a start of this container takes, in order. Nothing is done.</summary>
    public IReadOnlyList<PlanStepDescription> GetPlan(string nameOrId) =>
        PlanDescription.Describe(_launcher.Preview(_store.Record(_store.Resolve(nameOrId))));

    /// <summary>The same for a container that does not exist yet.</summary>
    public IReadOnlyList<PlanStepDescription> GetPlan(ContainerSpec spec) =>
        PlanDescription.Describe(_launcher.Preview(NewRecord(spec, "preview", ContainerRecord.NewId())));

    /// <summary>The name of a container made from an image, or that mounts it, or null: for those who want to remove the image.</summary>
    public string? FindUserOf(string imageId)
    {
        foreach (string id in _store.Ids())
        {
            if (_store.TryGetRecord(id) is { } record && record.Images.Contains(imageId))
            {
                return record.Name;
            }
        }

        return null;
    }

    public void Dispose()
    {
        _registries.Dispose();
        _monitors.Dispose();
    }

    /// <summary>One operation at a time changes a container. A holder that died has let go; one that hangs is named.</summary>
    /// <exception cref="EngineException">ContainerBusy.</exception>
    private Linux.FileLock Lock(string id, CancellationToken cancellation)
    {
        try
        {
            return Linux.FileLock.TryTake(_paths.Operations(id), TimeSpan.FromSeconds(60), cancellation)
                ?? throw new EngineException(
                    EngineErrorKind.OperationTimeout, "ContainerBusy", $"Another session has been working on container \"{id[..12]}\" for a minute.", id,
                    "Wait for it, or end that session.");
        }
        catch (Linux.LinuxException e) when (e.Errno == Linux.Errno.ENOENT)
        {
            throw ContainerStore.NotFound(id[..12]);
        }
    }
}
