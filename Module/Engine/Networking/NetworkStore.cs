using System.Collections.Concurrent;
using System.Text.Json;
using Containers.Engine.Launch;
using Containers.Engine.Linux;

namespace Containers.Engine.Networking;

/// <summary>The networks that were made, and what running containers have of them: small files, kept in memory until they are others.</summary>
internal sealed class NetworkStore(NetworkPaths paths)
{
    private readonly ConcurrentDictionary<string, (Files.Identity File, NetworkRecord Record)> _records = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (Files.Identity File, NetworkState State)> _states = new(StringComparer.Ordinal);

    /// <summary>Makes the directories.</summary>
    internal void Prepare()
    {
        const uint Private = 0x1C0; // 0700
        foreach (string directory in new[] { paths.Networks, paths.Run, paths.States, paths.Ports, paths.Peers, paths.Ends, paths.Run + "/addresses", paths.Run + "/names" })
        {
            Files.MakeDirectory(directory, Private);
        }
    }

    /// <summary>Of all networks but the default one, by name.</summary>
    internal List<NetworkRecord> List()
    {
        if (!Directory.Exists(paths.Networks))
        {
            return [];
        }

        List<NetworkRecord> records = [];
        foreach (string file in Directory.EnumerateFiles(paths.Networks, "*.json"))
        {
            if (Load(file) is { } record)
            {
                records.Add(record);
            }
        }

        records.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return records;
    }

    internal NetworkRecord? Find(string name)
    {
        bool isName = name.Length is > 0 and <= 128 && name.IndexOfAny(['/', '\0']) < 0;
        return (isName ? Load(paths.Network(name)) : null) ?? FindById(name);
    }

    internal void Write(NetworkRecord record)
    {
        RecordFile.Write(paths.Network(record.Name), record, NetworkJson.Default.NetworkRecord, durable: true);
        Files.SyncDirectory(paths.Networks);
    }

    internal void Delete(NetworkRecord record)
    {
        File.Delete(paths.Network(record.Name));
        FileTree.Remove(paths.Addresses(record.Id));
        File.Delete(paths.Names(record.Id));
    }

    /// <summary>Ids of the containers that have, or had, something of a network.</summary>
    internal IReadOnlyList<string> StateIds()
    {
        try
        {
            return [.. Directory.EnumerateFiles(paths.States, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)!)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    internal IReadOnlyList<NetworkState> States() => [.. StateIds().Select(State).OfType<NetworkState>()];

    /// <returns>Null when the container has no network, or its file cannot be read: it is then as if the container had none.</returns>
    internal NetworkState? State(string id)
    {
        string path = paths.State(id);
        if (!Files.TryIdentify(path, out Files.Identity file))
        {
            _states.TryRemove(id, out _);
            return null;
        }

        if (_states.TryGetValue(id, out (Files.Identity File, NetworkState State) cached) && cached.File == file)
        {
            return cached.State;
        }

        try
        {
            NetworkState state = RecordFile.Read(path, NetworkJson.Default.NetworkState);
            _states[id] = (file, state);
            return state;
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            return null;
        }
    }

    internal void Write(NetworkState state) => RecordFile.Write(paths.State(state.ContainerId), state, NetworkJson.Default.NetworkState, durable: false);

    internal void DeleteState(string id)
    {
        File.Delete(paths.State(id));
        File.Delete(paths.Undo(id, ipv6: false));
        File.Delete(paths.Undo(id, ipv6: true));
    }

    internal static EngineException NotFound(string name) => new(
        EngineErrorKind.ObjectNotFound, "NetworkNotFound", $"There is no network \"{name}\".", name,
        "Run Get-ContainerNetwork to list the networks, or make it: New-ContainerNetwork -Name " + name);

    internal static bool IsReserved(string name) =>
        name.ToLowerInvariant() is NetworkSpec.Bridge or NetworkSpec.None or NetworkSpec.Host or "default" or "container" or NetworkSpec.Own;

    private NetworkRecord? FindById(string id)
    {
        string text = id.ToLowerInvariant();
        if (text.Length < 4 || !text.All(char.IsAsciiHexDigitLower))
        {
            return null;
        }

        List<NetworkRecord> found = [.. List().Where(record => record.Id.StartsWith(text, StringComparison.Ordinal)).Take(2)];
        return found.Count == 1 ? found[0] : null;
    }

    private NetworkRecord? Load(string path)
    {
        if (!Files.TryIdentify(path, out Files.Identity file))
        {
            return null;
        }

        if (_records.TryGetValue(path, out (Files.Identity File, NetworkRecord Record) cached) && cached.File == file)
        {
            return cached.Record;
        }

        try
        {
            NetworkRecord record = RecordFile.Read(path, NetworkJson.Default.NetworkRecord);
            if (record.Version > NetworkRecord.CurrentVersion)
            {
                throw new JsonException($"It was written by a newer version of the module (format {record.Version}).");
            }

            _records[path] = (file, record);
            return record;
        }
        catch (FileNotFoundException)
        {
            return null; // Removed in this moment.
        }
        catch (JsonException e)
        {
            throw new EngineException(
                EngineErrorKind.InvalidData, "NetworkDamaged", $"The record \"{path}\" of a network is damaged: {e.Message}", path,
                $"Remove the file \"{path}\", and make the network again.", e);
        }
    }
}
