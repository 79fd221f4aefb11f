using Containers.Engine.Building.Cache;
using Containers.Engine.Images;
using Containers.Engine.Lifecycle;
using Containers.Engine.Storage;

namespace Containers.Engine;

/// <summary>What the store takes up, what of it can go, what of it is damaged.</summary>
public sealed partial class ContainerEngine
{
    /// <summary>What images, containers and unused layers take up on the disk.</summary>
    public IReadOnlyList<StorageUsage> GetStorage(bool detailed, CancellationToken cancel) => [.. Maintenance.Usage(List(), detailed, cancel), BuildCacheMaintenance.Usage(detailed, cancel)];

    /// <summary>What <see cref="Clear"/> would remove, in its order. Unused layers and leftovers come with <see cref="PruneOptions.DanglingImages"/>.</summary>
    public IReadOnlyList<ReclaimedItem> FindReclaimable(PruneOptions options, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        List<ReclaimedItem> items = Maintenance.Find(options, List(), options.Networks ? ListNetworks() : [], cancel);
        if (options.BuildCache && options.Labels.Count == 0)
        {
            items.AddRange(BuildCacheMaintenance.Find(options, cancel));
        }

        if ((options.DanglingImages || options.AllImages) && options.Before is null && options.Labels.Count == 0)
        {
            items.AddRange(Maintenance.FindLeftovers());
        }

        return items;
    }

    /// <summary>Removes one thing that <see cref="FindReclaimable"/> found; null where it is in use, or gone, by now.</summary>
    public ReclaimedItem? Clear(ReclaimedItem item, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(item);
        try
        {
            if (StoreMaintenance.IsContainer(item))
            {
                Remove(item.Id, force: false, cancel);
                return item;
            }

            if (StoreMaintenance.IsNetwork(item))
            {
                RemoveNetwork(item.Name, force: false);
                return item;
            }

            if (StoreMaintenance.IsVolume(item))
            {
                return _volumes.TryRemoveUnused(item.Name) ? item : null;
            }

            if (BuildCacheMaintenance.IsOwn(item))
            {
                return BuildCacheMaintenance.Clear(item) ? item : null;
            }

            bool cleared = Maintenance.Clear(item, FindUserOf);
            RemoveUnusedRoots();
            return cleared ? item : null;
        }
        catch (EngineException e) when (e.ErrorId is "ContainerRunning" or "ContainerNotFound" or "NetworkInUse" or "NetworkNotFound")
        {
            return null;
        }
    }

    /// <summary>Looks for damage in the store.</summary>
    /// <param name="quick">Leave out reading every layer's content.</param>
    /// <param name="progress">Told how many layers were read.</param>
    public IEnumerable<HostCheckResult> Check(bool quick, IProgress<long>? progress, CancellationToken cancel) =>
        new StoreCheck(_store, Images).Run(quick, progress, cancel);

    /// <summary>As <see cref="ImageStore.Remove(string, bool, Func{string, string?})"/>, and what drivers made of the image goes, too.</summary>
    public IReadOnlyList<RemovedImage> RemoveImage(string nameOrId, bool force, Func<string, string?> userOf)
    {
        IReadOnlyList<RemovedImage> removed = Images.Remove(nameOrId, force, userOf);
        RemoveUnusedRoots();
        return removed;
    }

    /// <summary>While an image is damaged nobody knows which trees are its own.</summary>
    private void RemoveUnusedRoots()
    {
        if (Images.LayersInUse() is not null)
        {
            _storage.RemoveUnusedRoots(() => Images.List().Select(image => Images.TryOpen(image.Id)).OfType<ImageRecord>());
        }
    }

    private BuildCacheMaintenance BuildCacheMaintenance => new(BuildCache, [new CacheMountStore(Options.DataRoot), new DownloadStore(Options.DataRoot)], Images);

    private StoreMaintenance Maintenance => new(_paths, Images, _volumes);
}
