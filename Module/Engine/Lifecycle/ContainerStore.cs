using System.Collections.Concurrent;
using System.Text.Json;
using Containers.Engine.Linux;
using Containers.Engine.Networking;

namespace Containers.Engine.Lifecycle;

/// <summary>
/// The containers on disk. Listing takes no lock and is never stopped by one bad record; what was read is kept until the file is
/// another one, so that a long list costs two status calls a container.
/// </summary>
internal sealed class ContainerStore(EnginePaths paths, NetworkStore networks)
{
    private readonly ConcurrentDictionary<string, Cached> _cache = new(StringComparer.Ordinal);
    private string? _bootId;

    private sealed record Cached(Files.Identity RecordFile, Files.Identity StateFile, ContainerRecord Record, StateRecord State, Container View);

    internal NameReservations Names { get; } = new(paths);

    /// <summary>Makes the directories of the data root and checks that it is ours alone.</summary>
    internal void Prepare() => DataRoot.Prepare(paths);

    /// <summary>Ids of all containers, complete ones only.</summary>
    internal IEnumerable<string> Ids()
    {
        IEnumerable<string> directories;
        try
        {
            directories = Directory.EnumerateDirectories(paths.Containers);
        }
        catch (DirectoryNotFoundException)
        {
            yield break;
        }

        foreach (string directory in directories)
        {
            string id = Path.GetFileName(directory);
            if (id.Length == 64)
            {
                yield return id;
            }
        }
    }

    internal List<Container> List()
    {
        HashSet<string> active = ActiveIds();
        List<Container> containers = [];
        foreach (string id in Ids())
        {
            if (View(id, active) is { } container)
            {
                containers.Add(container);
            }
        }

        containers.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        AddLinkNames(containers);
        return containers;
    }

    /// <summary>A container is also known by what others call it: web/db.</summary>
    private static void AddLinkNames(List<Container> containers)
    {
        foreach (Container source in containers.ToList())
        {
            foreach (Launch.LinkSpec link in source.Spec?.Network.Links ?? [])
            {
                int at = containers.FindIndex(one => one.Id == link.Container);
                if (at >= 0)
                {
                    containers[at] = containers[at] with { Names = [.. containers[at].Names, $"{source.Name}/{link.Alias}"] };
                }
            }
        }
    }

    /// <summary>By name, by id, by the beginning of an id.</summary>
    /// <exception cref="EngineException">ContainerNotFound, AmbiguousContainerId.</exception>
    internal string Resolve(string nameOrId)
    {
        string text = nameOrId.Trim();
        if (text.Length > 0 && text.IndexOfAny(['/', '\0']) < 0)
        {
            if (Names.Owner(text) is { } owner && Directory.Exists(paths.Container(owner)))
            {
                return owner;
            }

            string prefix = text.ToLowerInvariant();
            if (prefix.All(char.IsAsciiHexDigitLower))
            {
                List<string> matches = [.. Ids().Where(id => id.StartsWith(prefix, StringComparison.Ordinal)).Take(2)];
                if (matches.Count == 1)
                {
                    return matches[0];
                }

                if (matches.Count > 1)
                {
                    throw new EngineException(
                        EngineErrorKind.InvalidArgument, "AmbiguousContainerId", $"Several containers have an id that begins with \"{text}\".", text,
                        "Give more digits of the id, or the name.");
                }
            }
        }

        throw NotFound(text);
    }

    internal Container Get(string id) => View(id, null) ?? throw NotFound(id);

    /// <summary>With the names others link to it by: all records are looked at, once there was a link on this host.</summary>
    internal Container GetWithNames(string id)
    {
        Container container = Get(id);
        if (!File.Exists(paths.LinksMark))
        {
            return container;
        }

        IEnumerable<string> links = from other in Ids()
                                    let record = TryGetRecord(other)
                                    where record is not null
                                    from link in record.Spec.Network.Links
                                    where link.Container == id
                                    orderby record.Name, link.Alias
                                    select $"{record.Name}/{link.Alias}";
        return container with { Names = [container.Name, .. links] };
    }

    /// <summary>A record is about to be written that has a link.</summary>
    internal void MarkLinks() => File.WriteAllBytes(paths.LinksMark, []);

    /// <exception cref="EngineException">ContainerNotFound, ContainerDamaged.</exception>
    internal ContainerRecord Record(string id)
    {
        try
        {
            if (Load(id) is { } loaded)
            {
                return loaded.Record;
            }
        }
        catch (JsonException e)
        {
            throw new EngineException(
                EngineErrorKind.InvalidData, "ContainerDamaged", $"The record of container \"{id[..12]}\" is damaged: {e.Message}", id,
                "Remove the container with Remove-Container.", e);
        }

        throw NotFound(id);
    }

    /// <returns>Null when the container is gone.</returns>
    internal Container? TryGet(string id) => View(id, null);

    /// <returns>Null when the container is gone or its record is damaged.</returns>
    internal ContainerRecord? TryGetRecord(string id)
    {
        try
        {
            return Load(id)?.Record;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private StateRecord? TryGetState(string id)
    {
        try
        {
            return Load(id)?.State;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    internal StateRecord State(string id) => Load(id)?.State ?? throw NotFound(id);

    internal void Write(ContainerRecord record, bool durable)
    {
        RecordFile.Write(paths.Record(record.Id), record, RecordJson.Default.ContainerRecord, durable);
        if (durable)
        {
            Files.SyncDirectory(paths.Container(record.Id));
        }
    }

    internal void Write(string id, StateRecord state) => RecordFile.Write(paths.State(id), state, RecordJson.Default.StateRecord, durable: false);

    internal string BootId => _bootId ??= File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    internal bool HasMonitor(string id) => FileLock.IsHeldByMonitor(paths.RunLock(id));

    /// <summary>It runs, or somebody works on it: what it has is not left over.</summary>
    internal bool IsActive(string id)
    {
        StateRecord? state = TryGetState(id);
        if (HasMonitor(id) && state?.Status != "exited")
        {
            return true; // One that has seen the end of its container, and finishes, keeps nothing.
        }

        try
        {
            using FileLock? turn = FileLock.TryTake(paths.Operations(id), TimeSpan.Zero, CancellationToken.None);
            if (turn is null)
            {
                return true;
            }
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            return false; // Removed.
        }

        return state is { Status: "running" or "paused" or "restarting" } && state.BootId == BootId
            && new ProcessIdentity(state.Pid, state.PidStartTime).IsAlive;
    }

    /// <summary>Directory and lock come into being together: without its lock a directory would look like one that a dead session left.</summary>
    internal FileLock BeginCreation(string directory)
    {
        using FileLock turn = FileLock.TryTake(paths.CreationLock, TimeSpan.FromSeconds(60), CancellationToken.None)
            ?? throw new EngineException(
                EngineErrorKind.OperationTimeout, "ContainerBusy", "Another session has been making a container for a minute.", paths.CreationLock,
                "Wait for it, or end that session.");
        Files.MakeDirectory(directory, 0x1C0);
        return FileLock.TryTake(directory + "/operations.lock", TimeSpan.Zero, CancellationToken.None)!;
    }

    internal static EngineException NotFound(string name) => new(
        EngineErrorKind.ObjectNotFound, "ContainerNotFound", $"There is no container \"{name}\".", name,
        "Run Get-Container to list the containers on this host.");

    private HashSet<string> ActiveIds()
    {
        try
        {
            return [.. Directory.EnumerateDirectories(paths.RunContainers).Select(directory => Path.GetFileName(directory)!)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    private Container? View(string id, HashSet<string>? active)
    {
        Cached? loaded;
        try
        {
            loaded = Load(id);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return new Container { Id = id, Name = id[..12], State = ContainerState.Damaged, Problem = e.Message };
        }

        if (loaded is null || loaded.Record.BuildStep)
        {
            return null;
        }

        bool ended = loaded.State.Status is "created" or "exited";
        return ended || (active is not null && !active.Contains(id) && loaded.State.BootId != BootId)
            ? loaded.View
            : ContainerView.Connected(ContainerView.Live(loaded.View, loaded.State, BootId, HasMonitor(id)), loaded.Record, networks.State(id));
    }

    private Cached? Load(string id)
    {
        string recordPath = paths.Record(id);
        string statePath = paths.State(id);
        if (!Files.TryIdentify(recordPath, out Files.Identity recordFile))
        {
            if (Directory.Exists(paths.Container(id)))
            {
                throw new FileNotFoundException("The container has no record.", recordPath);
            }

            _cache.TryRemove(id, out _);
            return null;
        }

        Files.TryIdentify(statePath, out Files.Identity stateFile);
        if (_cache.TryGetValue(id, out Cached? cached) && cached.RecordFile == recordFile && cached.StateFile == stateFile)
        {
            return cached;
        }

        ContainerRecord record = cached?.RecordFile == recordFile
            ? cached.Record
            : RecordFile.Read(recordPath, RecordJson.Default.ContainerRecord);
        if (record.Version > ContainerRecord.CurrentVersion || record.Id != id)
        {
            throw new JsonException(record.Id != id
                ? "It belongs to another container."
                : $"It was written by a newer version of the module (format {record.Version}).");
        }

        StateRecord state = stateFile == default ? new StateRecord() : RecordFile.Read(statePath, RecordJson.Default.StateRecord);
        Cached loaded = new(recordFile, stateFile, record, state, ContainerView.Make(record, state));
        _cache[id] = loaded;
        return loaded;
    }
}
