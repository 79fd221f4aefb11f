using Containers.Engine.Events;
using Containers.Engine.Images;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;
using Containers.Engine.Networking;
using Containers.Engine.Storage;

namespace Containers.Engine;

/// <summary>What a commit makes of a container.</summary>
public sealed record CommitOptions
{
    public IReadOnlyList<ImageReference> References { get; init; } = [];

    public string? Message { get; init; }

    public string? Author { get; init; }

    /// <summary>Dockerfile instructions: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, SHELL, STOPSIGNAL, USER, VOLUME, WORKDIR.</summary>
    public IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>Freeze the container meanwhile.</summary>
    public bool Pause { get; init; } = true;

    /// <summary>Only these paths and what is below them; null for all changes.</summary>
    public IReadOnlyList<string>? Paths { get; init; }

    /// <summary>Time of creation and upper limit of file times; now and none where null.</summary>
    public DateTimeOffset? Created { get; init; }

    public IProgress<long>? Progress { get; init; }

    public Action<string>? Warning { get; init; }
}

/// <summary>Containers' changes: looking at them, keeping them.</summary>
public sealed partial class ContainerEngine
{
    /// <summary>Added, changed and deleted paths, sorted; a directory counts as changed when something in it did, as docker has it.</summary>
    /// <exception cref="EngineException">ContainerUnreadable, TreeTooDeep; of the container's image what opening it throws.</exception>
    public IEnumerable<ContainerChange> GetChanges(string container, CancellationToken cancel)
    {
        ContainerRecord record = _store.Record(_store.Resolve(container));
        return Readable(record.Name, () => _storage.Get(record.StorageDriver)
            .Changes(Images.Open(record.ImageId), _paths.Container(record.Id), cancel)
            .Select(change => change with { Container = record.Name })
            .ToList());
    }

    /// <summary>What the second image has otherwise than the first.</summary>
    public IEnumerable<ContainerChange> CompareImages(string reference, string difference, CancellationToken cancel)
    {
        ImageRecord first = Images.Open(reference);
        ImageRecord second = Images.Open(difference);
        ChangeList list = new();
        return Readable(difference, () =>
        {
            IStorageDriver storage = _storage.Select(null);
            using RootedDirectory original = storage.OpenRoot(first, null);
            using RootedDirectory changed = storage.OpenRoot(second, null);
            new DifferenceWalker(list, DifferenceMode.Trees, new PathFilter(null), null, new ImportLimits().MaxDepth, cancel)
                .Run((int)changed.Handle.DangerousGetHandle(), (int)original.Handle.DangerousGetHandle());
            return list.Changes;
        });
    }

    /// <summary>Makes an image of a container: its image's layers and one of what the container changed.</summary>
    /// <exception cref="EngineException">
    /// InvalidImageChange, InvalidImageReference, ReservedFileName, ContainerUnreadable, TooManyLayers, DiskFull, ContainerBusy, and what pausing throws.
    /// </exception>
    public ContainerImage Commit(string container, CommitOptions options, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        string id = _store.Resolve(container);
        using FileLock turn = Lock(id, cancel);
        ContainerRecord record = _store.Record(id);
        ImageRecord image = Images.Open(record.ImageId);
        ImageConfig config = CommitConfig.Build(record, image.Config, options);
        IStorageDriver storage = _storage.Get(record.StorageDriver);
        bool frozen = options.Pause && Freeze(id);
        try
        {
            ContainerImage made = Images.AddLayer(
                image,
                writer => Readable(record.Name, () =>
                    storage.WriteDifference(image, _paths.Container(id), options.Paths, MountPoints.Usual, options.Created, writer, cancel)),
                config, options.References, new ImportLimits(), options.Progress, options.Warning, cancel);
            _events.Write(record, EventActions.Commit, ("imageID", made.Id), ("imageRef", made.References.Count > 0 ? made.References[0] : ""));
            return made;
        }
        finally
        {
            if (frozen)
            {
                Thaw(id);
            }
        }
    }

    /// <summary>Writes the container's root as a tar, without what is mounted into it.</summary>
    /// <param name="progress">Told how many bytes were written.</param>
    /// <exception cref="EngineException">ContainerUnreadable, ContainerBusy, TreeTooDeep.</exception>
    public void Export(string container, Stream target, IProgress<long>? progress, CancellationToken cancel)
    {
        string id = _store.Resolve(container);
        using FileLock turn = Lock(id, cancel);
        Container now = _store.Get(id);
        ContainerRecord record = _store.Record(id);
        ImageRecord image = Images.Open(record.ImageId);
        IStorageDriver storage = _storage.Get(record.StorageDriver);
        using ReportingStream stream = new(target, progress);
        _ = Readable(record.Name, () =>
        {
            if (!now.IsRunning || storage.CanOpenRunning)
            {
                using RootedDirectory root = storage.OpenRoot(image, _paths.Container(id));
                RootExporter.Write(root, new TarWriter(stream), cancel);
                return true;
            }

            ProcessIdentity process = new(now.ProcessId, now.ProcessStartTime);
            using RootedDirectory seen = RootedDirectory.Open($"/proc/{process.Pid}/root");
            if (!process.IsAlive)
            {
                throw NotRunning(now); // It ended in this moment, and the number may be somebody else's.
            }

            using RootedDirectory written = storage.OpenWritten(_paths.Container(id));
            using RootedDirectory below = storage.OpenRoot(image, null);
            RootExporter.WriteRunning(seen, [written, below], new TarWriter(stream), cancel);
            return true;
        });
        stream.Flush();
        _events.Write(record, EventActions.Export);
    }

    /// <summary>All drivers; trying them out takes a few milliseconds.</summary>
    public IReadOnlyList<StorageDriverInfo> GetStorageDrivers()
    {
        Dictionary<string, int> counts = _store.Ids().Select(_store.TryGetRecord).OfType<ContainerRecord>()
            .CountBy(record => record.StorageDriver ?? OverlayDriver.DriverName).ToDictionary();
        return _storage.Describe(name => counts.GetValueOrDefault(name));
    }

    /// <summary>Sets the driver of new containers; those that are there keep theirs.</summary>
    /// <param name="name">overlay, btrfs or vfs; null or auto for what the host can.</param>
    /// <param name="validateOnly">Only the judgement is wanted.</param>
    /// <exception cref="EngineException">InvalidStorageDriver, StorageDriverNotAvailable.</exception>
    public void SetStorageDriver(string? name, bool validateOnly = false)
    {
        string? driver = _storage.Validate(name);
        if (validateOnly)
        {
            return;
        }

        _store.Prepare();
        HostSettings now = _settings.Read();
        if (now.Storage.Driver != driver)
        {
            _settings.Write(now with { Storage = now.Storage with { Driver = driver } });
        }
    }

    /// <returns>True when it ran and is frozen now.</returns>
    private bool Freeze(string id)
    {
        Container now = _store.Get(id);
        if (now.State != ContainerState.Running)
        {
            return false;
        }

        try
        {
            Ask(now, MessageType.Pause, default);
            return true;
        }
        catch (EngineException e) when (e.ErrorId is "ContainerPaused" or "ContainerNotRunning")
        {
            return false; // It is quiet, by somebody else's doing.
        }
    }

    /// <summary>Whatever the record says: on a full disk it does not know of the freeze.</summary>
    private void Thaw(string id)
    {
        try
        {
            if (_store.TryGet(id) is { } frozen)
            {
                Ask(frozen, MessageType.Resume, default);
            }
        }
        catch (EngineException e) when (e.ErrorId is "ContainerNotPaused" or "ContainerNotRunning")
        {
            // Resumed or killed by somebody else meanwhile: that is what was to be.
        }
    }

    /// <summary>Gives a failed read of a container's files its meaning.</summary>
    private static T Readable<T>(string name, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (LinuxException e)
        {
            throw new EngineException(
                e.Errno is Errno.EACCES or Errno.EPERM ? EngineErrorKind.PermissionDenied : EngineErrorKind.ReadError, "ContainerUnreadable",
                $"The files of \"{name}\" cannot be read: {e.Message}.", name,
                e.Errno is Errno.EACCES or Errno.EPERM ? "Run as root." : "Check the file system that holds the data root.", e);
        }
    }
}
