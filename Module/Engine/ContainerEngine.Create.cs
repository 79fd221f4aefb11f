using Containers.Engine.Events;
using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;
using Containers.Engine.Networking;
using Containers.Engine.Storage;

namespace Containers.Engine;

public sealed partial class ContainerEngine
{
    /// <summary>Validates, reserves the name, writes the record. Nothing runs.</summary>
    /// <param name="spec">What is wanted.</param>
    /// <param name="name">Name, or null for a random one.</param>
    /// <param name="warnings">Gets what could not be honoured, as sentences.</param>
    /// <exception cref="EngineException">NameConflict, ImageNotFound, and what the validation finds.</exception>
    public Container Create(ContainerSpec spec, string? name, IList<string> warnings)
    {
        ArgumentNullException.ThrowIfNull(warnings);
        if (name is not null)
        {
            ContainerName.Validate(name);
        }

        string id = ContainerRecord.NewId();
        ContainerRecord record = NewRecord(spec, name ?? "", id);
        _ = DeviceLookup.Find(spec.Security);
        _store.Prepare();
        _reconciler.Run(starting: true);
        IStorageDriver storage = _storage.Select(warnings);
        record = record with { StorageDriver = storage.Name };
        string directory = _paths.NewContainer(id);
        try
        {
            using FileLock creating = _store.BeginCreation(directory);
            storage.Prepare(directory, Images.Open(record.ImageId), CancellationToken.None);
            Files.MakeDirectory(directory + "/log", 0x1C0);
            _containerVolumes.Acquire(record, Images.Open(record.ImageId), warnings, CancellationToken.None);
            record = record with { Name = ReserveName(name, id) };
            if (record.Spec.Network.Links.Count > 0)
            {
                _store.MarkLinks();
            }

            // A container that removes itself is gone after a power cut anyway: only the others must reach the disk.
            RecordFile.Write(directory + "/config.json", record, RecordJson.Default.ContainerRecord, durable: !spec.RemoveOnExit);
            Files.Rename(directory, _paths.Container(id));
            if (!spec.RemoveOnExit)
            {
                // The record's own directory needs no sync: the file system that keeps this rename keeps what came before it.
                Files.SyncDirectory(_paths.Containers);
            }

            _events.Write(record, EventActions.Create);
        }
        catch (Exception e)
        {
            _storage.Release(directory);
            FileTree.Remove(directory);
            _containerVolumes.Release(record, removeAnonymous: true);
            if (record.Name.Length > 0)
            {
                _store.Names.Release(record.Name, id);
            }

            throw e is IOException and not LinuxException || e is LinuxException { Errno: Errno.ENOSPC or Errno.EDQUOT } ? DiskFull(e) : e;
        }

        return _store.Get(id);
    }

    public Container Rename(string nameOrId, string newName)
    {
        ContainerName.Validate(newName);
        string id = _store.Resolve(nameOrId);
        using FileLock turn = Lock(id, CancellationToken.None);
        ContainerRecord record = _store.Record(id);
        bool sameFile = string.Equals(record.Name, newName, StringComparison.OrdinalIgnoreCase);
        if (!sameFile && !_store.Names.TryReserve(newName, id))
        {
            throw NameConflict(newName);
        }

        ContainerRecord renamed = record with { Name = newName };
        _store.Write(renamed, durable: true);
        using (MonitorConnection? monitor = MonitorConnection.TryConnect(_paths.Run(id)))
        {
            Tell(monitor, MessageType.SetEventSubject, EventLog.Subject(renamed));
            if (!sameFile)
            {
                _store.Names.Release(record.Name, id);
                Tell(monitor, MessageType.SetNameFile, _paths.Name(newName));
            }
        }

        _networks.Rename(id, newName);
        _events.Write(renamed, EventActions.Rename, ("oldName", record.Name));

        return _store.Get(id);
    }

    /// <summary>The answer is waited for: a monitor that cannot answer drops the connection, with the messages that come after.</summary>
    private static void Tell(MonitorConnection? monitor, MessageType type, string text)
    {
        if (monitor?.TrySend(type, System.Text.Encoding.UTF8.GetBytes(text)) == true)
        {
            _ = monitor.Receive(out MessageType _, out ReadOnlyMemory<byte> _, CancellationToken.None);
        }
    }

    private ContainerRecord NewRecord(ContainerSpec spec, string name, string id)
    {
        ImageRecord image = Images.Open(spec.Image);
        spec = spec with { Log = LogOptions.Resolve(spec.Log, _settings.Read().Log) };
        spec = spec with { Storage = new MountResolver(Images, nameOrId => _store.Record(_store.Resolve(nameOrId))).Resolve(spec.Storage, image.Config) };
        SpecValidator.Validate(spec, image, _launcher.Host);
        RequireJournal(spec.Log, name);
        _ = HealthChecks.Resolve(spec.Health, image.Config.Config);
        NamespaceSpec namespaces = spec.Namespaces with
        {
            Pid = ResolveMode(spec.Namespaces.Pid), Ipc = ResolveMode(spec.Namespaces.Ipc), Uts = ResolveMode(spec.Namespaces.Uts),
        };
        NetworkSpec network = ResolveNetwork(spec.Network, id);
        if (network.Mode.StartsWith(NamespaceSpec.ContainerPrefix, StringComparison.Ordinal) && namespaces.Uts == NamespaceSpec.Private)
        {
            // Who shares a network is one host with the other: same address, same name, same files.
            ContainerRecord other = _store.Record(network.Mode[NamespaceSpec.ContainerPrefix.Length..]);
            namespaces = namespaces with
            {
                HostName = LaunchPlanCompiler.HostName(other.Spec, other.Id), DomainName = other.Spec.Namespaces.DomainName,
            };
        }

        return new ContainerRecord
        {
            Id = id,
            Name = name,
            Created = DateTimeOffset.UtcNow,
            ImageId = image.Id,
            StorageDriver = _storage.Select(null).Name,
            Command = LaunchPlanCompiler.CommandLine(spec.Process, ContainerLauncher.Defaults(image.Config)),
            Spec = spec with { Namespaces = namespaces, Network = network },
        };
    }

    /// <summary>Names of networks and containers become what they are kept as; what is not there is an error now, not at the start.</summary>
    private NetworkSpec ResolveNetwork(NetworkSpec network, string id)
    {
        if (network is { Mode: NetworkSpec.Own, Networks.Count: 0 } && _networks.Settings.BridgeName == NetworkSettings.NoBridge)
        {
            // Without a default network a container that asks for nothing has none, as in 1.2; one that asks for something cannot be.
            return network.Published.Count > 0 || network.PublishAll || network.Links.Count > 0 ? throw NetworkService.Off() : network with { Mode = NetworkSpec.None };
        }

        NetworkSpec resolved = Resolved(network, id);
        _networks.RequireAddresses(resolved.Networks);
        return resolved;
    }

    private NetworkSpec Resolved(NetworkSpec network, string id) => network with
    {
        Mode = ResolveMode(network.Mode),
        Networks = [.. network.Networks.Select(one => one with { Network = NetworkName(one.Network) })],
        Links = [.. network.Links.Select(link => ResolveLink(id, link))],
    };

    private string NetworkName(string name) => name.Equals(NetworkSpec.Bridge, StringComparison.OrdinalIgnoreCase)
        ? NetworkSpec.Bridge
        : (_networks.Store.Find(name) ?? throw NetworkStore.NotFound(name)).Name;

    /// <summary>A name is resolved once: the container that is joined stays the same when names change.</summary>
    private string ResolveMode(string mode) => mode.StartsWith(NamespaceSpec.ContainerPrefix, StringComparison.Ordinal)
        ? NamespaceSpec.ContainerPrefix + _store.Resolve(mode[NamespaceSpec.ContainerPrefix.Length..])
        : mode;

    private string ReserveName(string? wanted, string id)
    {
        if (wanted is not null)
        {
            return _store.Names.TryReserve(wanted, id) ? wanted : throw NameConflict(wanted);
        }

        for (int attempt = 0; ; attempt++)
        {
            string name = ContainerName.Random() + (attempt < 5 ? "" : id[..(attempt - 2)]);
            if (_store.Names.TryReserve(name, id))
            {
                return name;
            }
        }
    }

    private EngineException NameConflict(string name) => new(
        EngineErrorKind.ResourceExists, "NameConflict",
        $"The name \"{name}\" is taken by {(_store.Names.Owner(name) is { Length: > 12 } owner ? "container " + owner[..12] : "another container")}.", name,
        $"Choose another name, or remove that container: Remove-Container {name}");

    private EngineException DiskFull(Exception e) => new(
        EngineErrorKind.ResourceUnavailable, "DataRootWriteFailed", $"Writing below \"{Options.DataRoot}\" failed: {e.Message}", Options.DataRoot,
        $"Free space under {Options.DataRoot}.", e);
}
