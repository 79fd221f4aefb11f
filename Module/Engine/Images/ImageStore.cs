using System.Collections.Concurrent;
using System.Security.Cryptography;
using Containers.Engine.Events;
using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>
/// The images of a data root: configurations under images/, names under tags/, files under layers/. The file system is the
/// database: every change is one rename or one unlink, and readers take no lock. One damaged image hides no other: it is listed
/// with <see cref="ImageState.Damaged"/> and can be removed.
/// </summary>
public sealed partial class ImageStore
{
    private readonly string _root;
    private readonly string _folder;
    private readonly TagStore _tags;
    private readonly LayerStore _layers;

    // An id names its content, so what was read under one stays true until the image is removed.
    private readonly ConcurrentDictionary<Digest, ImageRecord> _records = new();
    private readonly ConcurrentDictionary<string, ImageReference> _references = new(StringComparer.Ordinal);

    /// <summary>Told of names and images that come and go.</summary>
    internal EventLog? Events { get; init; }

    /// <param name="dataRoot">The engine's data root; created by the first import if need be.</param>
    public ImageStore(string dataRoot)
    {
        _root = Path.GetFullPath(dataRoot);
        _folder = Path.Join(_root, "images");
        _tags = new TagStore(_root);
        _layers = new LayerStore(_root);
    }

    /// <summary>All images, newest first.</summary>
    public IReadOnlyList<ContainerImage> List()
    {
        try
        {
            return ListCore();
        }
        catch (LinuxException e)
        {
            throw ImageErrors.FromStore(e, _root);
        }
    }

    /// <summary>One image by reference, id, or the beginning of an id.</summary>
    /// <exception cref="EngineException">ImageNotFound, AmbiguousImageId.</exception>
    public ContainerImage Get(string nameOrIdPrefix)
    {
        try
        {
            Digest id = Resolve(nameOrIdPrefix, out ImageReference? name);
            return Describe(id, ReferencesOf(id)).CalledFirst(name is null ? [] : [name]);
        }
        catch (LinuxException e)
        {
            throw ImageErrors.FromStore(e, _root);
        }
    }

    /// <summary>What a container needs to start. Cheap when asked again: only the name is looked up on disk.</summary>
    /// <exception cref="EngineException">ImageNotFound, AmbiguousImageId, DamagedImage, DamagedLayer, InvalidImageConfig.</exception>
    public ImageRecord Open(string nameOrIdPrefix)
    {
        try
        {
            Digest id = Resolve(nameOrIdPrefix, out _);
            return _records.TryGetValue(id, out ImageRecord? record) ? record : Load(id, out _);
        }
        catch (LinuxException e)
        {
            throw ImageErrors.FromStore(e, _root);
        }
    }

    private static EngineException Damaged(string id, string why, Exception? inner = null) => new(
        EngineErrorKind.InvalidData, "DamagedImage", $"The image '{id}' cannot be used: {why}.", id,
        "Remove it with Remove-ContainerImage and make it again.", inner);

    private List<ContainerImage> ListCore()
    {
        Dictionary<Digest, List<ImageReference>> names = [];
        List<ContainerImage> images = [];
        foreach (ImageTag tag in _tags.List())
        {
            if (tag.Id is not Digest id)
            {
                if (tag.Reference.Digest is not null)
                {
                    // No name of anything: only the next pull looks for it, and writes it again.
                    continue;
                }

                images.Add(Named(new ContainerImage { Id = string.Empty }, [tag.Reference]) with
                {
                    State = ImageState.Damaged,
                    Damage = $"The file of the name '{tag.Reference}' is damaged.",
                });
                continue;
            }

            if (!names.TryGetValue(id, out List<ImageReference>? list))
            {
                names[id] = list = [];
            }

            list.Add(tag.Reference);
        }

        foreach (Digest id in Ids())
        {
            images.Add(Describe(id, names.Remove(id, out List<ImageReference>? references) ? references : []));
        }

        // Names that are left point to nothing. Another session may have removed the image since: then the name is gone too.
        foreach ((Digest id, List<ImageReference> references) in names)
        {
            references.RemoveAll(reference => !_tags.TryGet(reference, out Digest? target) || target != id);
            if (references.Any(reference => reference.Digest is null))
            {
                images.Add(Describe(id, references));
            }
        }

        images.Sort((a, b) => b.Created.CompareTo(a.Created) is var order and not 0
            ? order
            : string.CompareOrdinal(a.Id, b.Id));
        return images;
    }

    private IEnumerable<Digest> Ids()
    {
        if (!Directory.Exists(_folder))
        {
            yield break;
        }

        foreach (string path in Directory.EnumerateFileSystemEntries(_folder, "*.json"))
        {
            if (Digest.TryParse("sha256:" + Path.GetFileNameWithoutExtension(path), out Digest id))
            {
                yield return id;
            }
        }
    }

    private ContainerImage Describe(Digest id, List<ImageReference> references)
    {
        ContainerImage image = Named(new ContainerImage { Id = id.ToString() }, references);
        try
        {
            ImageRecord record = Load(id, out long size);
            ImageConfig config = record.Config;
            string? damage = config.RootFs.DiffIds.Select(_layers.DamageOf).FirstOrDefault(one => one is not null);
            return image with
            {
                State = damage is null ? ImageState.Ready : ImageState.Damaged,
                Damage = damage is null ? null : $"One of its layers is not what it was: {damage}.",
                Created = config.Created ?? DateTimeOffset.MinValue,
                Size = size,
                Architecture = config.Architecture,
                Os = config.Os,
                Labels = config.Config.Labels,
                Command = config.Config.Cmd,
                Entrypoint = config.Config.Entrypoint,
                Layers = config.RootFs.DiffIds.Count,
            };
        }
        catch (EngineException e)
        {
            return image with { State = ImageState.Damaged, Damage = e.Message };
        }
    }

    /// <summary>Reads and checks an image: its configuration is what its id says, and its layers are there.</summary>
    private ImageRecord Load(Digest id, out long size)
    {
        byte[]? json;
        try
        {
            json = SmallFile.Read(ConfigPath(id), ImageConfigJson.MaxBytes);
        }
        catch (LinuxException e)
        {
            throw Damaged(id.ToString(), "its configuration cannot be read", e);
        }

        if (json is null)
        {
            throw Damaged(id.ToString(), "its configuration is missing");
        }

        if (Convert.ToHexStringLower(SHA256.HashData(json)) != id.Hex)
        {
            throw Damaged(id.ToString(), "its configuration was changed on disk");
        }

        if (!_records.TryGetValue(id, out ImageRecord? record))
        {
            ImageConfig config = ImageConfigJson.Parse(json, id.ToString());
            record = new ImageRecord
            {
                Id = id.ToString(),
                Config = config,
                LayerDirectories = [.. config.RootFs.DiffIds.Reverse().Select(LayerStore.RelativeDirectory).Distinct()],
            };
        }

        size = 0;
        foreach (Digest layer in record.Config.RootFs.DiffIds)
        {
            LayerRecord found = _layers.Find(layer) ?? throw Damaged(id.ToString(), $"its layer '{layer}' is missing");
            size += found.Size;
        }

        _records[id] = record;
        return record;
    }

    private string ConfigPath(Digest id) => Path.Join(_folder, id.Hex + ".json");
}
