using Containers.Engine.Building;
using Containers.Engine.Building.Cache;
using Containers.Engine.Images;
using Containers.Engine.Storage;

namespace Containers.Engine.Lifecycle;

/// <summary>
/// What the build cache keeps and what of it can go. A record is only a pointer: with the last record its layer goes, unless an image has it or a
/// build holds it. A build that runs meanwhile keeps what it has found, and does again what it has not.
/// </summary>
internal sealed class BuildCacheMaintenance(BuildCache cache, IReadOnlyList<IBuildCacheFolder> folders, ImageStore images)
{
    private const string RecordType = "BuildCache";

    internal bool IsOwn(ReclaimedItem item) => item.Type == RecordType || FolderOf(item) is not null;

    /// <summary>The latest used first.</summary>
    internal IReadOnlyList<BuildCacheEntry> List(CancellationToken cancel)
    {
        HashSet<Digest> ofImages = [.. images.List().SelectMany(image => images.TryOpen(image.Id)?.Config.RootFs.DiffIds ?? [])];
        List<BuildCacheEntry> entries = [.. folders.SelectMany(folder => folder.List(cancel))];
        foreach ((BuildCacheRecord record, DateTimeOffset used) in cache.List())
        {
            cancel.ThrowIfCancellationRequested();
            bool hasLayer = Digest.TryParse(record.DiffId, out Digest layer);
            entries.Add(new BuildCacheEntry
            {
                Id = record.Key,
                Kind = record.Kind,
                Description = record.Instruction,
                Size = hasLayer ? SizeOf(layer) : 0,
                Created = record.Created,
                LastUsed = used,
                UseCount = record.Uses,
                InUse = hasLayer && ofImages.Contains(layer),
                Parents = record.Parent is { } parent ? [parent] : [],
                LayerId = record.DiffId,
            });
        }

        return [.. entries.OrderByDescending(entry => entry.LastUsed).ThenBy(entry => entry.Id, StringComparer.Ordinal)];
    }

    /// <summary>One row.</summary>
    internal StorageUsage Usage(bool detailed, CancellationToken cancel)
    {
        IReadOnlyList<BuildCacheEntry> entries = List(cancel);
        long size = OwnBytes(entries);
        return new StorageUsage
        {
            Type = "Build cache",
            Total = entries.Count,
            Active = entries.Count(entry => entry.InUse),
            Size = size,
            Reclaimable = size - entries.Where(IsBusy).Sum(entry => entry.Size),
            Items = detailed
                ? [.. entries.OrderByDescending(entry => entry.Size).Select(entry => new StorageItem
                {
                    Type = TypeOf(entry), Id = entry.Id, Name = entry.Description, Size = entry.Size, InUse = entry.InUse,
                })]
                : [],
        };
    }

    /// <summary>The longest unused first. Each is worth what it frees together with those before it.</summary>
    internal List<ReclaimedItem> Find(PruneOptions options, CancellationToken cancel)
    {
        IReadOnlyList<BuildCacheEntry> entries = List(cancel);
        long staying = OwnBytes(entries);
        Dictionary<string, int> owners = entries.Where(HasOwnBytes).CountBy(ContentOf).ToDictionary(StringComparer.Ordinal);
        List<ReclaimedItem> going = [];
        foreach (BuildCacheEntry entry in entries.Reverse())
        {
            if (options.KeepBuildCache is long keep && staying <= keep)
            {
                break;
            }

            if ((options.Before is { } limit && entry.LastUsed >= limit) || IsBusy(entry))
            {
                continue;
            }

            // Several steps may have come to the same layer: it goes with the last of them.
            long freed = HasOwnBytes(entry) && --owners[ContentOf(entry)] == 0 ? entry.Size : 0;
            staying -= freed;
            going.Add(new ReclaimedItem { Type = TypeOf(entry), Id = entry.Id, Name = entry.Description, Size = freed });
        }

        return going;
    }

    internal bool Clear(ReclaimedItem item)
    {
        if (FolderOf(item) is { } folder)
        {
            return folder.Remove(item.Id);
        }

        string? layer = cache.Find(item.Id)?.DiffId;
        bool removed = cache.Remove(item.Id);
        if (removed && Digest.TryParse(layer, out Digest id))
        {
            // It stays where an image, another record or a build has it.
            images.RemoveUnusedLayer(LayerStore.ShortId(id));
        }

        return removed;
    }

    private IBuildCacheFolder? FolderOf(ReclaimedItem item) => folders.FirstOrDefault(folder => folder.ItemType == item.Type);

    private string TypeOf(BuildCacheEntry entry) => folders.FirstOrDefault(folder => folder.Kind == entry.Kind)?.ItemType ?? RecordType;

    /// <summary>A step works in it: it cannot go. A layer that an image has is no such thing.</summary>
    private static bool IsBusy(BuildCacheEntry entry) => entry is { LayerId: null, InUse: true };

    /// <summary>Layers that images have count there.</summary>
    private static bool HasOwnBytes(BuildCacheEntry entry) => entry.LayerId is null || !entry.InUse;

    private static string ContentOf(BuildCacheEntry entry) => entry.LayerId ?? entry.Id;

    private static long OwnBytes(IEnumerable<BuildCacheEntry> entries) => entries.Where(HasOwnBytes).DistinctBy(ContentOf).Sum(entry => entry.Size);

    private long SizeOf(Digest layer)
    {
        try
        {
            return images.Layers.Find(layer)?.Size ?? 0;
        }
        catch (EngineException e) when (e.ErrorId == "DamagedLayer")
        {
            return 0; // Test-ContainerHost tells of it; its size is not known.
        }
    }
}
