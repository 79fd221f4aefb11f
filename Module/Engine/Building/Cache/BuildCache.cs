using System.Text.Json;
using Containers.Engine.Images;
using Containers.Engine.Linux;

namespace Containers.Engine.Building.Cache;

/// <summary>
/// What steps came to, by their keys: small files that point to layers of the store, which stay as long as a record or an image has them.
/// Sessions read and write without a lock: a record is replaced as a whole, and is only used after its layer was found and held.
/// </summary>
internal sealed class BuildCache(string dataRoot, ImageStore images)
{
    private const int MaxBytes = 256 * 1024;
    private const string Suffix = ".json";

    private readonly string _folder = dataRoot + "/build/cache";

    /// <summary>The record of a step and its layer, held; null where there is none that can be used.</summary>
    internal CachedStep? Find(Digest key)
    {
        if (Read(key) is not { } record)
        {
            return null;
        }

        if (record.DiffId is null)
        {
            Count(record);
            return new CachedStep(record, null);
        }

        ImageStore.HeldLayer? layer = Digest.TryParse(record.DiffId, out Digest id) ? images.Hold(id) : null;
        if (layer is null)
        {
            return null; // The next run of the step writes it anew.
        }

        Count(record);
        return new CachedStep(record, layer);
    }

    /// <summary>A record without its layer, for those who clear; it does not count as used.</summary>
    internal BuildCacheRecord? Find(string key) => Digest.TryParse("sha256:" + key, out Digest digest) ? Read(digest) : null;

    /// <summary>Keeps what a step came to. The caller holds the layer.</summary>
    internal void Write(BuildCacheRecord record)
    {
        StoreFolder.Ensure(_folder);
        string path = PathOf(record.Key);
        string temporary = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{path}.{Guid.NewGuid():N}.tmp");
        try
        {
            // No sync: a record that a power cut takes costs one run of the step.
            Files.Write(temporary, JsonSerializer.SerializeToUtf8Bytes(record, BuildCacheJson.Default.BuildCacheRecord), 0x180);
            Files.Rename(temporary, path);
        }
        catch (LinuxException e)
        {
            _ = SmallFile.Remove(temporary);
            throw images.Explain(e);
        }
    }

    /// <summary>All records that can be read, with the time of their last use.</summary>
    internal IEnumerable<(BuildCacheRecord Record, DateTimeOffset Used)> List()
    {
        foreach (string path in Paths())
        {
            if (Read(path) is { } record)
            {
                yield return (record, File.GetLastWriteTimeUtc(path));
            }
        }
    }

    /// <summary>The layers that the records point to.</summary>
    internal IEnumerable<Digest> Layers()
    {
        foreach (string path in Paths())
        {
            if (Digest.TryParse(Read(path)?.DiffId, out Digest layer))
            {
                yield return layer;
            }
        }
    }

    /// <summary>Removes a record, or what is in its place.</summary>
    internal bool Remove(string key) => SmallFile.Remove(PathOf(key));

    /// <summary>Removes what no session reads any more: damaged records, files of crashed writers.</summary>
    internal void Sweep(TimeSpan age)
    {
        foreach (string path in Directory.Exists(_folder) ? Directory.GetFiles(_folder) : [])
        {
            bool old = DateTime.UtcNow - File.GetLastWriteTimeUtc(path) > age;
            if (path.EndsWith(Suffix, StringComparison.Ordinal) ? Read(path) is null : old)
            {
                _ = SmallFile.Remove(path);
            }
        }
    }

    private static BuildCacheRecord? Read(string path)
    {
        try
        {
            byte[]? json = SmallFile.Read(path, MaxBytes);
            BuildCacheRecord? record = json is null ? null : JsonSerializer.Deserialize(json, BuildCacheJson.Default.BuildCacheRecord);
            return record is { Version: BuildCacheRecord.CurrentVersion } && record.Key == Path.GetFileNameWithoutExtension(path) ? record : null;
        }
        catch (Exception e) when (e is LinuxException or JsonException)
        {
            return null; // As good as none: the step runs, and replaces it.
        }
    }

    private IEnumerable<string> Paths() => Directory.Exists(_folder) ? Directory.EnumerateFiles(_folder, "*" + Suffix) : [];

    private BuildCacheRecord? Read(Digest key) => Read(PathOf(key.Hex));

    /// <summary>Once more used, just now. Two sessions at once may count one use: nothing depends on it.</summary>
    private void Count(BuildCacheRecord record)
    {
        try
        {
            Write(record with { Uses = record.Uses + 1 });
        }
        catch (EngineException)
        {
            // The disk is full, or the store is read-only: only its age is lost.
        }
    }

    private string PathOf(string key) => _folder + "/" + key + Suffix;
}

/// <summary>A record that can be used; its layer is held until it is disposed.</summary>
internal sealed record CachedStep(BuildCacheRecord Record, ImageStore.HeldLayer? Layer);
