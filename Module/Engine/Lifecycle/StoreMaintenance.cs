using Containers.Engine.Images;
using Containers.Engine.Linux;
using Containers.Engine.Networking;
using Containers.Engine.Storage;
using Containers.Engine.Volumes;

namespace Containers.Engine.Lifecycle;

/// <summary>
/// What the store takes up and what of it nobody needs. The search only looks; each thing it finds is judged again, under the locks, when it is
/// to go: a container that was started meanwhile stays.
/// </summary>
internal sealed class StoreMaintenance(EnginePaths paths, ImageStore images, VolumeStore volumes)
{
    private const string ContainerType = "Container";
    private const string ImageType = "Image";
    private const string LayerType = "Layer";
    private const string NetworkType = "Network";
    private const string VolumeType = "Volume";
    private const string LeftoverType = "Leftover";

    internal List<StorageUsage> Usage(IReadOnlyList<Container> containers, bool detailed, CancellationToken cancel)
    {
        List<StorageItem> imageItems = ImageItems(containers);
        List<StorageItem> containerItems = [];
        foreach (Container container in containers)
        {
            containerItems.Add(new StorageItem
            {
                Type = ContainerType, Id = container.Id, Name = container.Name, Size = SizeOf(container, cancel), InUse = IsActive(container),
            });
        }

        List<StorageItem> volumeItems = VolumeItems(cancel);
        List<StorageItem> layerItems = LayerItems();
        return
        [
            Row("Images", imageItems, SharedSize(imageItems.Select(item => item.Id)), UnusedImageBytes(imageItems), detailed),
            Row("Containers", containerItems, containerItems.Sum(item => item.Size), Unused(containerItems), detailed),
            Row("Volumes", volumeItems, volumeItems.Sum(item => item.Size), Unused(volumeItems), detailed),
            Row("Unused layers", layerItems, layerItems.Sum(item => item.Size), Unused(layerItems), detailed),
            .. Leftovers(detailed),
            .. Trees(),
        ];
    }

    internal List<ReclaimedItem> Find(PruneOptions options, IReadOnlyList<Container> containers, IReadOnlyList<ContainerNetwork> networks, CancellationToken cancel)
    {
        List<ReclaimedItem> items = [];
        HashSet<string> going = [];
        if (options.Containers)
        {
            foreach (Container container in containers.Where(one => !IsActive(one) && IsOld(one.Finished ?? one.Created, options) && Fits(one.Labels, options)))
            {
                going.Add(container.Id);
                items.Add(new ReclaimedItem { Type = ContainerType, Id = container.Id, Name = container.Name, Size = SizeOf(container, cancel) });
            }
        }

        List<Container> staying = [.. containers.Where(one => !going.Contains(one.Id))];
        if (options.Volumes || options.AllVolumes)
        {
            items.AddRange(FindVolumes(options, going, cancel));
        }

        if (options.Networks)
        {
            HashSet<string> used = [.. staying.SelectMany(one => one.Networks)];
            items.AddRange(networks
                .Where(one => !one.IsDefault && one.Containers.Count == 0 && !used.Contains(one.Name))
                .Where(one => IsOld(one.Created ?? DateTimeOffset.MinValue, options) && Fits(one.Labels, options))
                .Select(one => new ReclaimedItem { Type = NetworkType, Id = one.Id, Name = one.Name }));
        }

        if (options.DanglingImages || options.AllImages)
        {
            FindImages(options, staying, items);
        }

        return items;
    }

    /// <summary>Layers that no image has, and what crashes left. Together with dangling images: both are what interrupted work leaves.</summary>
    internal List<ReclaimedItem> FindLeftovers()
    {
        List<ReclaimedItem> items = [.. LayerItems().Where(item => !item.InUse).Select(item =>
            new ReclaimedItem { Type = LayerType, Id = item.Id, Name = item.Name, Size = item.Size })];
        items.AddRange(LeftoverItems().Select(item => new ReclaimedItem { Type = LeftoverType, Id = item.Id, Name = item.Name, Size = item.Size }));
        return items;
    }

    internal static bool IsContainer(ReclaimedItem item) => item.Type == ContainerType;

    internal static bool IsVolume(ReclaimedItem item) => item.Type == VolumeType;

    internal static bool IsNetwork(ReclaimedItem item) => item.Type == NetworkType;

    /// <summary>Removes an image, a layer, or a leftover; false where it is in use by now.</summary>
    internal bool Clear(ReclaimedItem item, Func<string, string?> userOf)
    {
        switch (item.Type)
        {
            case ImageType:
                return TryRemoveImage(item, userOf);
            case LayerType:
                return images.RemoveUnusedLayer(item.Id);
            case LeftoverType:
                images.Layers.Sweep();
                return !images.Layers.IsLeftover(item.Id);
            default:
                throw new ArgumentException($"'{item.Type}' is not a type of thing that can be cleared.", nameof(item));
        }
    }

    private static bool IsActive(Container container) =>
        container.State is ContainerState.Running or ContainerState.Paused or ContainerState.Restarting;

    private static bool IsOld(DateTimeOffset time, PruneOptions options) => options.Before is not DateTimeOffset limit || time < limit;

    private static bool Fits(IReadOnlyDictionary<string, string> labels, PruneOptions options) => options.Labels.All(wanted =>
        labels.TryGetValue(wanted.Key, out string? value) && (wanted.Value is null || wanted.Value == value));

    private static IEnumerable<string> ImagesOf(Container container) =>
        (container.Spec?.Storage.Mounts ?? []).Where(mount => mount.Type == Launch.MountType.Image).Select(mount => mount.Source).Prepend(container.ImageId);

    private static long Unused(List<StorageItem> items) => items.Where(item => !item.InUse).Sum(item => item.Size);

    private static StorageUsage Row(string type, List<StorageItem> items, long size, long reclaimable, bool detailed) => new()
    {
        Type = type,
        Total = items.Count,
        Active = items.Count(item => item.InUse),
        Size = size,
        Reclaimable = reclaimable,
        Items = detailed ? [.. items.OrderByDescending(item => item.Size).ThenBy(item => item.Name, StringComparer.Ordinal)] : [],
    };

    private bool TryRemoveImage(ReclaimedItem item, Func<string, string?> userOf)
    {
        try
        {
            // A build or a pull writes an image before its name: what had none may have got it since the look.
            _ = item.Name.Length == 0 ? images.RemoveUnnamed(item.Id, userOf) : images.Remove(item.Id, force: true, userOf);
            return true;
        }
        catch (EngineException e) when (e.ErrorId is "ImageInUse" or "ImageNotFound")
        {
            return false;
        }
    }

    private void FindImages(PruneOptions options, List<Container> staying, List<ReclaimedItem> items)
    {
        HashSet<string> used = [.. staying.SelectMany(ImagesOf)];
        List<ContainerImage> all = [.. images.List()];
        List<ContainerImage> going = [.. all.Where(image => image.Id.Length > 0 && !used.Contains(image.Id)
            && (options.AllImages || image.References.Count == 0) && IsOld(image.Created, options) && Fits(image.Labels, options))];

        // What an image frees is what neither those that stay nor those before it in this list have.
        HashSet<Digest> counted = [.. LayersOf(all.Except(going).Select(image => image.Id))];
        foreach (ContainerImage image in going)
        {
            long size = 0;
            foreach (Digest layer in LayersOf([image.Id]).Where(counted.Add))
            {
                size += SizeOf(layer);
            }

            items.Add(new ReclaimedItem { Type = ImageType, Id = image.Id, Name = image.References.Count > 0 ? image.References[0] : "", Size = size });
        }
    }

    /// <summary>Those that nobody has, or only containers that go as well.</summary>
    private IEnumerable<ReclaimedItem> FindVolumes(PruneOptions options, HashSet<string> going, CancellationToken cancel)
    {
        foreach ((string name, VolumeRecord? record, _) in volumes.List())
        {
            cancel.ThrowIfCancellationRequested();
            if (record is not null && (record.Anonymous || options.AllVolumes) && volumes.Users(name).TrueForAll(going.Contains)
                && IsOld(record.Created, options) && Fits(record.Labels, options))
            {
                yield return new ReclaimedItem { Type = VolumeType, Id = name, Name = name, Size = DiskUsage.Of(volumes.DataOf(name)) };
            }
        }
    }

    private List<StorageItem> VolumeItems(CancellationToken cancel)
    {
        List<StorageItem> items = [];
        foreach ((string name, _, _) in volumes.List())
        {
            cancel.ThrowIfCancellationRequested();
            items.Add(new StorageItem
            {
                Type = VolumeType, Id = name, Name = name, Size = DiskUsage.Of(volumes.DataOf(name)), InUse = volumes.Users(name).Count > 0,
            });
        }

        return items;
    }

    private List<StorageItem> ImageItems(IReadOnlyList<Container> containers)
    {
        HashSet<string> used = [.. containers.SelectMany(ImagesOf)];
        return [.. images.List().Where(image => image.Id.Length > 0).Select(image => new StorageItem
        {
            Type = ImageType, Id = image.Id, Name = image.ToString(), Size = image.Size, InUse = used.Contains(image.Id),
        })];
    }

    private List<StorageItem> LayerItems() => images.LayersInUse() is not HashSet<string> used
        ? [] // An image is damaged: nobody knows whose the layers are.
        : [.. images.Layers.Unused(used).Select(layer => new StorageItem
        {
            Type = LayerType, Id = layer.ShortId, Name = layer.DiffId, Size = layer.Size,
        })];

    private IEnumerable<StorageItem> LeftoverItems() => images.Layers.Leftovers().Select(directory =>
        new StorageItem { Type = LeftoverType, Id = Path.GetFileName(directory), Name = Path.GetFileName(directory), Size = DiskUsage.Of(directory) });

    /// <summary>What interrupted work left, which is seldom there at all.</summary>
    private IEnumerable<StorageUsage> Leftovers(bool detailed)
    {
        List<StorageItem> items = [.. LeftoverItems()];
        return items.Count == 0 ? [] : [Row("Leftovers", items, items.Sum(item => item.Size), Unused(items), detailed)];
    }

    /// <summary>What drivers without layers made of images. Each goes with its image; until then it is not worth anything to remove it.</summary>
    private IEnumerable<StorageUsage> Trees()
    {
        string folder = paths.DataRoot + "/roots";
        int total = Directory.Exists(folder) ? Directory.GetDirectories(folder).Sum(driver => Directory.GetDirectories(driver).Length) : 0;
        return total == 0 ? [] : [new StorageUsage { Type = "Image trees", Total = total, Active = total, Size = DiskUsage.Of(folder) }];
    }

    private long UnusedImageBytes(List<StorageItem> items) =>
        SharedSize(items.Select(item => item.Id)) - SharedSize(items.Where(item => item.InUse).Select(item => item.Id));

    private long SharedSize(IEnumerable<string> ids) => LayersOf(ids).Distinct().Sum(SizeOf);

    private IEnumerable<Digest> LayersOf(IEnumerable<string> ids) => ids.SelectMany(id => images.TryOpen(id)?.Config.RootFs.DiffIds ?? []);

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

    private long SizeOf(Container container, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return DiskUsage.Of(paths.Container(container.Id));
    }
}
