using System.Text;
using Containers.Engine.Events;
using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>Looking into images, and giving them names.</summary>
public sealed partial class ImageStore
{
    /// <summary>Steps of its making, newest first. A step's layer is known as long as history and layers agree in number.</summary>
    internal IReadOnlyList<ImageHistoryEntry> History(string nameOrId) => Run(() =>
    {
        ImageRecord image = LoadNamed(nameOrId);
        ImageConfig config = image.Config;
        List<ImageHistoryEntry> entries = [];
        foreach ((ImageHistory step, Digest? layer) in Steps(config))
        {
            entries.Add(new ImageHistoryEntry
            {
                Created = step.Created,
                CreatedBy = step.CreatedBy ?? "",
                Author = step.Author ?? "",
                Comment = step.Comment ?? "",
                LayerId = layer?.ToString(),
                Size = layer is Digest id ? _layers.Find(id)?.Size ?? 0 : 0,
            });
        }

        entries.Reverse();
        if (entries.Count > 0)
        {
            entries[0] = entries[0] with { ImageId = image.Id };
        }

        return entries;
    });

    internal IReadOnlyList<ImageLayer> LayersOf(string nameOrId) => Run(() => LayersOf(LoadNamed(nameOrId)));

    internal ContainerImageDetail Detail(string nameOrId) => Run(() =>
    {
        ImageRecord image = LoadNamed(nameOrId);
        Digest id = Digest.Parse(image.Id);
        IReadOnlyList<StoredManifest> manifests = Manifests(id);
        return new ContainerImageDetail
        {
            Image = Get(image.Id),
            Config = image.Config,
            Layers = LayersOf(image),
            History = History(image.Id),
            ConfigJson = Encoding.UTF8.GetString(ReadConfig(id)),
            ManifestJson = manifests.Count == 0 ? null : Encoding.UTF8.GetString(manifests[0].Content.Span),
        };
    });

    /// <exception cref="EngineException">ImageNotFound, ImageTagExists, InvalidImageReference.</exception>
    internal ContainerImage AddReference(string nameOrId, string name, bool force) => Run(() =>
    {
        if (name.StartsWith("sha256:", StringComparison.Ordinal))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidImageReference", $"'{name}' is not an image name: it is an id.", name,
                "Write it as [registry/]name[:tag], in lower case, for example alpine:3.20.");
        }

        ImageReference reference = ImageReference.Parse(name);
        if (reference.Digest is not null)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidImageReference", $"'{name}' names a digest; an image cannot be named so.", name,
                "Leave the digest out.");
        }

        if (!Directory.Exists(_root))
        {
            throw ImageErrors.NotFound(nameOrId);
        }

        using (SafeFileHandle _ = StoreLock.Take(_root, CancellationToken.None))
        {
            // Under the lock, so that the image cannot go between the look and the name.
            Digest id = Resolve(nameOrId, out ImageReference? _);
            if (!force && _tags.TryGet(reference, out Digest? other) && other is Digest owner && owner != id)
            {
                throw new EngineException(
                    EngineErrorKind.ResourceExists, "ImageTagExists", $"'{reference}' is the name of another image, {owner.Hex[..12]}.", name,
                    "Use -Force to move the name.");
            }

            _tags.Set(reference, id);
            Events?.Write(ContainerEventType.Image, EventActions.Tag, id.ToString(), reference.ToString());
            return Describe(id, ReferencesOf(id)).CalledFirst([reference]);
        }
    });

    /// <summary>Takes a name away and nothing else: the image stays, also without any name.</summary>
    /// <exception cref="EngineException">ImageTagNotFound.</exception>
    internal RemovedImage RemoveReference(string name) => Run(() =>
    {
        ImageReference reference = ImageReference.Parse(name);
        if (!Directory.Exists(_root))
        {
            throw NoSuchName(name);
        }

        using SafeFileHandle _ = StoreLock.Take(_root, CancellationToken.None);
        if (!_tags.TryGet(reference, out Digest? id))
        {
            throw NoSuchName(name);
        }

        List<RemovedImage> removed = [];
        Untag([reference], id, removed);
        return removed[0];
    });

    /// <summary>Short ids of all layers that images use; null where an image cannot be read, and so nobody knows.</summary>
    internal HashSet<string>? LayersInUse() => Run<HashSet<string>?>(UsedLayers);

    /// <summary>The image, or null where it is damaged or gone.</summary>
    internal ImageRecord? TryOpen(string id)
    {
        try
        {
            return Open(id);
        }
        catch (EngineException e) when (e.ErrorId is "ImageNotFound" or "DamagedImage" or "DamagedLayer" or "InvalidImageConfig")
        {
            return null;
        }
    }

    /// <summary>Removes a layer that no image has; false where one has it by now, or somebody holds it.</summary>
    internal bool RemoveUnusedLayer(string shortId) => Run(() =>
    {
        bool removed;
        using (SafeFileHandle _ = StoreLock.Take(_root, CancellationToken.None))
        {
            removed = UsedLayers() is HashSet<string> used && !used.Contains(shortId) && _layers.SetAsideLayer(shortId);
        }

        _layers.Sweep();
        return removed;
    });

    private static EngineException NoSuchName(string name) => new(
        EngineErrorKind.ObjectNotFound, "ImageTagNotFound", $"No image of this host is called '{name}'.", name,
        "Run Get-ContainerImage to list the names.");

    /// <summary>Every step with the layer it made. A history that does not fit to the layers is as good as none.</summary>
    private static IEnumerable<(ImageHistory Step, Digest? Layer)> Steps(ImageConfig config)
    {
        IReadOnlyList<Digest> layers = config.RootFs.DiffIds;
        bool fits = config.History.Count(step => !step.EmptyLayer) == layers.Count;
        int next = 0;
        foreach (ImageHistory step in config.History)
        {
            yield return (step, fits && !step.EmptyLayer ? layers[next++] : null);
        }

        for (int i = fits ? layers.Count : 0; i < layers.Count; i++)
        {
            yield return (new ImageHistory { Comment = "a layer that the history does not tell of" }, layers[i]);
        }
    }

    private List<ImageLayer> LayersOf(ImageRecord image)
    {
        Dictionary<Digest, string> makers = [];
        foreach ((ImageHistory step, Digest? layer) in Steps(image.Config))
        {
            if (layer is Digest id)
            {
                makers[id] = step.CreatedBy ?? "";
            }
        }

        List<ContainerImage> sharers = ListCore();
        List<ImageLayer> layers = [];
        foreach (Digest id in image.Config.RootFs.DiffIds)
        {
            layers.Add(new ImageLayer
            {
                Index = layers.Count,
                DiffId = id.ToString(),
                Size = _layers.Find(id)?.Size ?? 0,
                CreatedBy = makers.GetValueOrDefault(id, ""),
                Path = System.IO.Path.Join(_root, LayerStore.RelativeDirectory(id)),
                Images = [.. sharers.Where(one => Has(one, id)).Select(one => one.ToString())],
                Blobs = [.. _layers.Blobs(id).Where(blob => blob.Repository is not null).Select(blob => blob.Repository + "@" + blob.Digest)],
            });
        }

        return layers;
    }

    private bool Has(ContainerImage image, Digest layer) =>
        Digest.TryParse(image.Id, out Digest id) && _records.TryGetValue(id, out ImageRecord? record) && record.Config.RootFs.DiffIds.Contains(layer);

    private ImageRecord LoadNamed(string nameOrId) => Load(Resolve(nameOrId, out _), out long _);

    private T Run<T>(Func<T> operation)
    {
        try
        {
            return operation();
        }
        catch (LinuxException e)
        {
            throw ImageErrors.FromStore(e, _root);
        }
    }
}
