using Containers.Engine.Events;
using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>Removal, with docker's rules.</summary>
public sealed partial class ImageStore
{
    /// <summary>
    /// By reference: the reference goes, with a repository's last tag its digest references too, and with the last reference the image. By
    /// id: all references go with the image, but several names only with <paramref name="force"/>. An image that a container uses stays;
    /// with force its last reference still goes. Layers that no image uses are deleted, unless some image is damaged: nobody knows then
    /// which layers it needs.
    /// </summary>
    /// <param name="userOf">Given an image id, the name of a container that uses it, or null.</param>
    /// <exception cref="EngineException">ImageNotFound, AmbiguousImageId, ImageInUse, ImageHasSeveralReferences.</exception>
    public IReadOnlyList<RemovedImage> Remove(string nameOrId, bool force, Func<string, string?> userOf) =>
        RemoveIf(nameOrId, force, userOf, unnamed: false);

    /// <summary>Throws what <see cref="Remove"/> would, and removes nothing.</summary>
    /// <exception cref="EngineException">ImageNotFound, AmbiguousImageId, ImageInUse, ImageHasSeveralReferences.</exception>
    public void CheckRemoval(string nameOrId, bool force, Func<string, string?> userOf) => Run(() =>
    {
        if (TryReference(nameOrId, out ImageReference? name) && _tags.TryGet(name, out Digest? target) && target is null)
        {
            return true;
        }

        Digest id = Resolve(nameOrId, out ImageReference? reference);
        List<ImageReference> references = ReferencesOf(id);
        return (reference is not null && GoingWith(reference, references).Count < references.Count)
            || IsUsed(nameOrId, force, userOf, id, reference, references);
    });

    /// <summary>The same for one that has no name; one that got a name meanwhile is in use.</summary>
    internal IReadOnlyList<RemovedImage> RemoveUnnamed(string id, Func<string, string?> userOf) => RemoveIf(id, force: true, userOf, unnamed: true);

    private List<RemovedImage> RemoveIf(string nameOrId, bool force, Func<string, string?> userOf, bool unnamed)
    {
        try
        {
            List<RemovedImage> removed = [];
            using (SafeFileHandle _ = StoreLock.Take(LockableRoot(nameOrId), CancellationToken.None))
            {
                if (unnamed && ReferencesOf(Digest.Parse(nameOrId)).Count > 0)
                {
                    throw new EngineException(
                        EngineErrorKind.ResourceBusy, "ImageInUse", $"The image '{nameOrId}' has a name by now.", nameOrId, "Remove it by its name.");
                }

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

    /// <summary>Layers that stay although no image has them: those of the build cache. Asked under the store's lock.</summary>
    internal Func<IEnumerable<Digest>> KeptLayers { get; set; } = () => [];

    /// <summary>Looking in an empty place must not create one.</summary>
    private string LockableRoot(string nameOrId) => Directory.Exists(_root) ? _root : throw ImageErrors.NotFound(nameOrId);

    private void RemoveLocked(string nameOrId, bool force, Func<string, string?> userOf, List<RemovedImage> removed)
    {
        if (TryReference(nameOrId, out ImageReference? name) && _tags.TryGet(name, out Digest? target) && target is null)
        {
            // A damaged name points to nothing that could be in use.
            Untag([name], null, removed);
            return;
        }

        Digest id = Resolve(nameOrId, out ImageReference? reference);
        List<ImageReference> references = ReferencesOf(id);
        List<ImageReference> going = reference is null ? references : GoingWith(reference, references);
        if (going.Count < references.Count)
        {
            Untag(going, id, removed);
            return;
        }

        if (IsUsed(nameOrId, force, userOf, id, reference, references))
        {
            Untag(going, id, removed);
            return;
        }

        Untag(references, id, removed);
        FileTree.Remove(ConfigPath(id));
        FileTree.Remove(ManifestsPath(id));
        _records.TryRemove(id, out _);
        removed.Add(new RemovedImage { Deleted = id.ToString() });
        Events?.Write(ContainerEventType.Image, EventActions.Delete, id.ToString(), references.Find(each => each.Digest is null)?.ToString() ?? "");
        if (UsedLayers() is HashSet<string> used)
        {
            removed.AddRange(_layers.SetAsideAllBut(used).Select(layer => new RemovedImage { Deleted = layer }));
        }
    }

    /// <summary>Judges a removal that would take the image along; true where only its name may go.</summary>
    /// <exception cref="EngineException">ImageInUse, ImageHasSeveralReferences.</exception>
    private static bool IsUsed(
        string nameOrId, bool force, Func<string, string?> userOf, Digest id, ImageReference? reference, List<ImageReference> references)
    {
        if (reference is null && !force && !IsOneName(references))
        {
            List<ImageReference> names = references.FindAll(each => each.Digest is null);
            IEnumerable<string> sorted = (names.Count > 1 ? names : references).Select(each => each.ToString()).Order(StringComparer.Ordinal);
            throw new EngineException(
                EngineErrorKind.ResourceBusy, "ImageHasSeveralReferences",
                $"The image '{nameOrId}' has several names: {string.Join(", ", sorted)}.", nameOrId,
                "Remove it by name, or use -Force to remove all of them.");
        }

        if (userOf(id.ToString()) is not string user)
        {
            return false;
        }

        return reference is not null && force
            ? true
            : throw new EngineException(
                EngineErrorKind.ResourceBusy, "ImageInUse", $"The image '{nameOrId}' is used by container '{user}'.", nameOrId,
                $"Remove container '{user}' first.");
    }

    /// <summary>A repository's digest references are there for its tags: without any they would only keep the image from going.</summary>
    private static List<ImageReference> GoingWith(ImageReference reference, List<ImageReference> references)
    {
        bool SameRepository(ImageReference other) => other.Domain == reference.Domain && other.Repository == reference.Repository;
        return reference.Digest is not null || references.Any(each => each != reference && each.Digest is null && SameRepository(each))
            ? [reference]
            : [reference, .. references.Where(each => each.Digest is not null && SameRepository(each))];
    }

    /// <summary>One repository, and at most one tag in it.</summary>
    private static bool IsOneName(List<ImageReference> references) =>
        references.Count(each => each.Digest is null) <= 1
        && references.Select(each => (each.Domain, each.Repository)).Distinct().Count() <= 1;

    /// <param name="references">The names.</param>
    /// <param name="id">What they are names of; null where a damaged one says nothing.</param>
    /// <param name="removed">Gets them.</param>
    private void Untag(List<ImageReference> references, Digest? id, List<RemovedImage> removed)
    {
        foreach (ImageReference reference in references
            .OrderBy(each => each.Digest is not null).ThenBy(each => each.ToString(), StringComparer.Ordinal))
        {
            _tags.Remove(reference);
            removed.Add(new RemovedImage { Untagged = reference.ToString() });
            Events?.Write(ContainerEventType.Image, EventActions.Untag, id?.ToString() ?? "", reference.ToString());
        }
    }

    /// <summary>The short ids of all layers in use; null where an image's configuration cannot be read.</summary>
    private HashSet<string>? UsedLayers()
    {
        HashSet<string> used = [.. KeptLayers().Select(LayerStore.ShortId)];
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
