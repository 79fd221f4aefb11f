using Containers.Engine.Images;
using Containers.Engine.Linux;
using Containers.Engine.Storage;
using Containers.Engine.Volumes;

namespace Containers.Engine;

/// <summary>Volumes: directories that outlive containers.</summary>
public sealed partial class ContainerEngine
{
    /// <summary>All volumes, by name; a damaged one has a problem.</summary>
    /// <param name="withSize">Measure each, which takes as long as du(1) does.</param>
    public IReadOnlyList<ContainerVolume> ListVolumes(bool withSize, CancellationToken cancel)
    {
        _reconciler.Run();
        List<ContainerVolume> all = [];
        foreach ((string name, VolumeRecord? record, string? problem) in _volumes.List())
        {
            cancel.ThrowIfCancellationRequested();
            all.Add(View(name, record, problem, withSize));
        }

        return all;
    }

    /// <exception cref="EngineException">VolumeNotFound, VolumeDamaged.</exception>
    public ContainerVolume GetVolume(string name, bool withSize = false)
    {
        _reconciler.Run();
        VolumeRecord record = _volumes.Get(name);
        return View(record.Name, record, Directory.Exists(_volumes.DataOf(name)) ? null : "Its directory is gone.", withSize);
    }

    /// <exception cref="EngineException">VolumeExists, InvalidVolumeName, InvalidVolumeDriver, InvalidVolumeOption.</exception>
    public ContainerVolume CreateVolume(VolumeDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        string name = definition.Name ?? VolumeName.Random();
        VolumeName.Validate(name);
        if (!definition.Driver.Equals(VolumeRecord.LocalDriver, StringComparison.OrdinalIgnoreCase))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidVolumeDriver", $"There is no volume driver \"{definition.Driver}\".", definition.Driver, "Use local.");
        }

        VolumeOptions.Validate(definition.Options);
        VolumeRecord record = new()
        {
            Name = name, Anonymous = definition.Name is null, Options = definition.Options, Labels = definition.Labels, Created = DateTimeOffset.UtcNow,
        };
        return Make(record, data => Files.ChangeOwner(data, definition.Uid, definition.Gid), CancellationToken.None);
    }

    /// <param name="name">A volume.</param>
    /// <param name="force">Also one that containers have, as long as none of them runs: they cannot be started then.</param>
    /// <param name="cancel">Ends the wait for another session.</param>
    /// <exception cref="EngineException">VolumeNotFound, VolumeInUse, VolumeBusy.</exception>
    public void RemoveVolume(string name, bool force, CancellationToken cancel)
    {
        _reconciler.Run();
        if (_volumes.TryRemoveFalse(name))
        {
            return;
        }

        if (!VolumeName.IsValid(name))
        {
            throw VolumeErrors.NotFound(name);
        }

        using FileLock turn = _volumes.Lock(name, cancel);
        RequireUnused(name, force, "Remove-ContainerVolume");
        _volumes.Remove(name);
    }

    /// <summary>Says already now why <see cref="RemoveVolume"/> would not remove a volume, before anybody is asked whether it should.</summary>
    /// <exception cref="EngineException">VolumeNotFound, VolumeInUse.</exception>
    public void RequireRemovable(string name, bool force)
    {
        _reconciler.Run();
        if (!_volumes.IsThere(name))
        {
            throw VolumeErrors.NotFound(name);
        }

        RequireUnused(name, force, "Remove-ContainerVolume");
    }

    /// <summary>Makes a volume with the same files: shared with the first one's where the file system can, owners, attributes, links and holes kept.</summary>
    /// <exception cref="EngineException">VolumeNotFound, VolumeExists, DiskFull, VolumeFailed.</exception>
    public ContainerVolume CopyVolume(string name, string newName, IReadOnlyDictionary<string, string>? labels, CancellationToken cancel)
    {
        VolumeName.Validate(newName);
        VolumeRecord source = _volumes.Get(name);
        using RootedDirectory from = _volumes.OpenData(name);
        VolumeRecord record = source with { Name = newName, Labels = labels ?? source.Labels, Anonymous = false, Created = DateTimeOffset.UtcNow };
        return Make(record, data => new TreeCopier(cancel) { IsLayer = false }.Copy(from.Handle, data), cancel);
    }

    /// <summary>Gives a volume that no container has another name.</summary>
    /// <exception cref="EngineException">VolumeNotFound, VolumeExists, VolumeInUse.</exception>
    public ContainerVolume RenameVolume(string name, string newName, CancellationToken cancel)
    {
        VolumeName.Validate(newName);
        using (FileLock turn = _volumes.Lock(name, cancel))
        {
            VolumeRecord record = _volumes.Get(name);
            RequireUnused(name, force: false, "Copy-ContainerVolume");
            if (!_volumes.TryRename(record with { Anonymous = false }, newName))
            {
                throw VolumeErrors.Exists(newName);
            }
        }

        return GetVolume(newName);
    }

    /// <summary>Writes a volume's files as a tar, sorted, with all attributes.</summary>
    /// <param name="progress">Told how many bytes were written.</param>
    /// <exception cref="EngineException">VolumeNotFound, VolumeDamaged, VolumeFailed.</exception>
    public void ExportVolume(string name, Stream target, IProgress<long>? progress, CancellationToken cancel)
    {
        _ = _volumes.Get(name);
        using RootedDirectory data = _volumes.OpenData(name);
        using ReportingStream stream = new(target, progress);
        OnVolume(name, () => RootExporter.Write(data, new TarWriter(stream), cancel));
        stream.Flush();
    }

    /// <summary>The same into a file, which appears when it is complete; compressed as its name says: .gz, .tgz, .zst.</summary>
    /// <exception cref="EngineException">As above; ArchiveWriteFailed, UnknownCompression.</exception>
    public void ExportVolume(string name, string path, IProgress<long>? progress, CancellationToken cancel)
    {
        _ = _volumes.Get(name);
        using TargetFile file = new(path);
        file.Write(stream => ExportVolume(name, stream, progress, cancel), null, cancel);
    }

    /// <summary>Makes a volume of a tar's files, plain or compressed: all of them, or none.</summary>
    /// <param name="archive">Read to its end. Not trusted.</param>
    /// <param name="name">A new name; with replace also that of a volume none of whose containers runs.</param>
    /// <param name="labels">Of a new volume.</param>
    /// <param name="replace">Its files take the place of those that are there.</param>
    /// <param name="progress">Told how many bytes of the archive were read.</param>
    /// <param name="cancel">Ends it, and nothing is there.</param>
    /// <exception cref="EngineException">
    /// VolumeExists, VolumeInUse, DamagedArchive, TruncatedArchive, UnsafeArchiveEntry, ArchiveLimitExceeded, ArchiveReadFailed, DiskFull.
    /// </exception>
    public ContainerVolume ImportVolume(
        Stream archive, string name, IReadOnlyDictionary<string, string> labels, bool replace, IProgress<long>? progress, CancellationToken cancel)
    {
        VolumeName.Validate(name);
        void Fill(Microsoft.Win32.SafeHandles.SafeFileHandle data) => LayerImporter.Unpack(archive, data, new ImportLimits(), progress, cancel);
        if (_volumes.Find(name) is null)
        {
            return Make(new VolumeRecord { Name = name, Labels = labels, Created = DateTimeOffset.UtcNow }, Fill, cancel);
        }

        if (!replace)
        {
            throw VolumeErrors.Exists(name);
        }

        using (FileLock turn = _volumes.Lock(name, cancel))
        {
            RequireUnused(name, force: true, "Import-ContainerVolume");
            OnVolume(name, () => _volumes.Replace(name, Fill, cancel));
        }

        return GetVolume(name);
    }

    private ContainerVolume Make(VolumeRecord record, Action<Microsoft.Win32.SafeHandles.SafeFileHandle> fill, CancellationToken cancel)
    {
        _store.Prepare();
        bool made = false;
        OnVolume(record.Name, () => made = _volumes.TryCreate(record, fill, durable: true, cancel));
        return made ? GetVolume(record.Name) : throw VolumeErrors.Exists(record.Name);
    }

    /// <summary>Who goes on to do something has the volume locked, so that no container of it starts meanwhile.</summary>
    private void RequireUnused(string name, bool force, string cmdlet)
    {
        List<string> users = _volumes.Users(name);
        List<string> running = Names(users.Where(_store.IsActive));
        if (running.Count > 0)
        {
            throw VolumeErrors.InUse(name, running, $"Stop them first: Stop-Container {string.Join(", ", running)}");
        }

        if (users.Count > 0 && !force)
        {
            throw VolumeErrors.InUse(
                name, Names(users),
                cmdlet == "Remove-ContainerVolume"
                    ? $"Remove them first: Remove-Container {string.Join(", ", Names(users))}; or use -Force."
                    : "Use Copy-ContainerVolume: its containers know it by this name.");
        }
    }

    private List<string> Names(IEnumerable<string> ids) => [.. ids.Select(NameOf).Order(StringComparer.Ordinal)];

    private string NameOf(string id) => _store.TryGetRecord(id)?.Name is { Length: > 0 } name ? name : id[..12];

    private ContainerVolume View(string name, VolumeRecord? record, string? problem, bool withSize) => new()
    {
        Name = name,
        Mountpoint = _volumes.DataOf(name),
        Driver = record?.Driver ?? VolumeRecord.LocalDriver,
        Options = record?.Options ?? new Dictionary<string, string>(),
        Labels = record?.Labels ?? new Dictionary<string, string>(),
        Anonymous = record?.Anonymous ?? false,
        Created = record?.Created ?? default,
        UsedBy = Names(_volumes.Users(name)),
        Size = withSize ? DiskUsage.Of(_volumes.DataOf(name)) : null,
        Problem = problem,
    };

    private static void OnVolume(string name, Action work)
    {
        try
        {
            work();
        }
        catch (LinuxException e)
        {
            throw VolumeErrors.From(e, name);
        }
    }
}
