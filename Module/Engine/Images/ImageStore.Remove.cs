using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>Removal, with docker's rules.</summary>
public sealed partial class ImageStore
{
    /// <summary>
    /// By reference: the reference goes, and with the last one the image. By id: all references go with the image, but several
    /// only with <paramref name="force"/>. An image that a container uses stays; with force its last reference still goes.
    /// Layers that no image uses are deleted, unless some image is damaged: nobody knows then which layers it needs.
    /// </summary>
    /// <param name="userOf">Given an image id, the name of a container that uses it, or null.</param>
    /// <exception cref="EngineException">ImageNotFound, AmbiguousImageId, ImageInUse, ImageHasSeveralReferences.</exception>
    public IReadOnlyList<RemovedImage> Remove(string nameOrId, bool force, Func<string, string?> userOf)
    {
        try
        {
            List<RemovedImage> removed = [];
            using (SafeFileHandle _ = StoreLock.Take(LockableRoot(nameOrId), CancellationToken.None))
            {
                RemoveLocked(nameOrId, force, userOf, removed);
                _tags.Sweep();
                StoreFolder.RemoveTemporaries(_folder);
            }

            _layers.Sweep();
            return removed;
        }
        catch (LinuxException e)
        {
            throw ImageErrors.FromStore(e, _root);
        }
    }

    /// <summary>Looking in an empty place must not create one.</summary>
    private string LockableRoot(string nameOrId) => Directory.Exists(_root) ? _root : throw ImageErrors.NotFound(nameOrId);

    private void RemoveLocked(string nameOrId, bool force, Func<string, string?> userOf, List<RemovedImage> removed)
    {
        if (TryReference(nameOrId, out ImageReference? name) && _tags.TryGet(name, out Digest? target) && target is null)
        {
            // A damaged name points to nothing that could be in use.
            Untag(name, removed);
            return;
        }

        Digest id = Resolve(nameOrId, out ImageReference? reference);
        List<ImageReference> references = ReferencesOf(id);
        bool last = references.Count <= 1;
        if (reference is not null && !last)
        {
            Untag(reference, removed);
            return;
        }

        if (reference is null && !last && !force)
        {
            throw new EngineException(
                EngineErrorKind.ResourceBusy, "ImageHasSeveralReferences",
                $"The image '{nameOrId}' has several names: {string.Join(", ", references)}.", nameOrId,
                "Remove it by name, or use -Force to remove all of them.");
        }

        if (userOf(id.ToString()) is string user)
        {
            if (reference is null || !force)
            {
                throw new EngineException(
                    EngineErrorKind.ResourceBusy, "ImageInUse", $"The image '{nameOrId}' is used by container '{user}'.", nameOrId,
                    $"Remove container '{user}' first.");
            }

            Untag(reference, removed);
            return;
        }

        foreach (ImageReference each in references)
        {
            Untag(each, removed);
        }

        FileTree.Remove(ConfigPath(id));
        _records.TryRemove(id, out _);
        removed.Add(new RemovedImage { Deleted = id.ToString() });
        if (UsedLayers() is HashSet<string> used)
        {
            removed.AddRange(_layers.SetAsideAllBut(used).Select(layer => new RemovedImage { Deleted = layer }));
        }
    }

    private void Untag(ImageReference reference, List<RemovedImage> removed)
    {
        _tags.Remove(reference);
        removed.Add(new RemovedImage { Untagged = reference.ToString() });
    }

    /// <summary>The short ids of all layers in use; null where an image's configuration cannot be read.</summary>
    private HashSet<string>? UsedLayers()
    {
        HashSet<string> used = [];
        foreach (Digest id in Ids())
        {
            try
            {
                byte[]? json = SmallFile.Read(ConfigPath(id), ImageConfigJson.MaxBytes);
                if (json is null || Digest.Of(json) != id)
                {
                    return null;
                }

                used.UnionWith(ImageConfigJson.Parse(json, id.ToString()).RootFs.DiffIds.Select(LayerStore.ShortId));
            }
            catch (Exception e) when (e is EngineException or LinuxException)
            {
                return null;
            }
        }

        return used;
    }
}
