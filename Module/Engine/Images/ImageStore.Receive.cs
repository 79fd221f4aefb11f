using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>The one way in for images that somebody else made: pulls and loads.</summary>
public sealed partial class ImageStore
{
    internal LayerStore Layers => _layers;

    /// <summary>
    /// Takes an image in. Layers that are here are not opened; the others come side by side, each checked by digest, size and diff id
    /// while it is extracted, and each kept as soon as it is whole. Two sessions never fetch the same layer twice: the second one waits
    /// for the first.
    /// </summary>
    /// <exception cref="EngineException">
    /// DigestMismatch, LayerMismatch (diff id, or number of layers), InvalidImageConfig, DiskFull, what an import throws, what Open throws.
    /// The image is there whole, or not at all.
    /// </exception>
    internal ContainerImage Receive(IncomingImage image, ReceiveOptions options, CancellationToken cancel)
    {
        Digest id = Digest.Of(image.Config.Span);
        IReadOnlyList<Digest> diffIds = ImageConfigJson.Parse(image.Config, id.ToString()).RootFs.DiffIds;
        if (diffIds.Count != image.Layers.Count)
        {
            throw new EngineException(
                EngineErrorKind.InvalidData, "LayerMismatch",
                $"The image '{options.Subject}' has {image.Layers.Count} layers, but its configuration names {diffIds.Count}.",
                options.Subject, "Do not use this image unless you know who made it.");
        }

        try
        {
            StoreFolder.Ensure(_root);
            StoreFolder.Ensure(_folder);
            StoreFolder.Ensure(Path.Join(_root, "layers"));
            _layers.Sweep();
            using LayerReceiver receiver = new(_root, _layers, image.Layers, diffIds, options);
            receiver.Run(cancel);
            using (SafeFileHandle _ = StoreLock.Take(_root, cancel))
            {
                Commit(id, image);
            }

            return Describe(id, ReferencesOf(id)).CalledFirst(image.References);
        }
        catch (LinuxException e)
        {
            throw ImageErrors.FromStore(e, _root);
        }
    }

    /// <summary>Takes in one layer, of a build cache, checked and fetched as those of images are; held until it is disposed.</summary>
    /// <exception cref="EngineException">As for <see cref="Receive"/>.</exception>
    internal HeldLayer ReceiveLayer(IncomingLayer layer, Digest diffId, ReceiveOptions options, CancellationToken cancel)
    {
        try
        {
            StoreFolder.Ensure(_root);
            StoreFolder.Ensure(Path.Join(_root, "layers"));
            using LayerReceiver receiver = new(_root, _layers, [layer], [diffId], options);
            receiver.Run(cancel);
            return Hold(diffId) ?? throw new EngineException(
                EngineErrorKind.InvalidData, "DamagedLayer", $"The layer '{diffId}' cannot be used: it is gone.", diffId.ToString(), "Try again.");
        }
        catch (LinuxException e)
        {
            throw ImageErrors.FromStore(e, _root);
        }
    }

    /// <summary>The configuration's own bytes, checked.</summary>
    /// <exception cref="EngineException">DamagedImage.</exception>
    internal byte[] ReadConfig(Digest id)
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

        return json is null ? throw Damaged(id.ToString(), "its configuration is missing")
            : Digest.Of(json) == id ? json
            : throw Damaged(id.ToString(), "its configuration was changed on disk");
    }

    /// <summary>The same; null where it is missing or damaged.</summary>
    internal byte[]? TryReadConfig(Digest id)
    {
        try
        {
            return id.Algorithm == "sha256" ? ReadConfig(id) : null;
        }
        catch (EngineException e) when (e.ErrorId == "DamagedImage")
        {
            // Whoever asks has another source, and writes it anew from there: that heals it.
            return null;
        }
    }

    /// <summary>Keeps a manifest that an image was pushed by, and the names it has now.</summary>
    internal void Keep(Digest id, StoredManifest manifest, IReadOnlyList<ImageReference> references, CancellationToken cancel)
    {
        try
        {
            using SafeFileHandle _ = StoreLock.Take(LockableRoot(id.ToString()), cancel);
            if (Path.Exists(ConfigPath(id)))
            {
                AddManifest(id, manifest);
                SetLocked(id, references);
            }
        }
        catch (LinuxException e)
        {
            throw ImageErrors.FromStore(e, _root);
        }
    }

    /// <summary>What a failed call below the data root means.</summary>
    internal EngineException Explain(LinuxException e) => ImageErrors.FromStore(e, _root);

    /// <summary>Puts names on an image that is here.</summary>
    internal void SetReferences(Digest id, IReadOnlyList<ImageReference> references, CancellationToken cancel)
    {
        try
        {
            using SafeFileHandle _ = StoreLock.Take(LockableRoot(id.ToString()), cancel);
            if (!Path.Exists(ConfigPath(id)))
            {
                throw ImageErrors.NotFound(id.ToString());
            }

            SetLocked(id, references);
        }
        catch (LinuxException e)
        {
            throw ImageErrors.FromStore(e, _root);
        }
    }

    /// <summary>Everything small of an image; where some of it cannot be written, what was there before is there again.</summary>
    private void Commit(Digest id, IncomingImage image)
    {
        bool here = TryReadConfig(id) is not null;
        try
        {
            if (image.Manifest is not null)
            {
                AddManifest(id, image.Manifest);
            }

            if (!here)
            {
                FileTree.Remove(ConfigPath(id));
                SmallFile.Replace(ConfigPath(id), image.Config.Span);
                _records.TryRemove(id, out _);
            }

            SetLocked(id, image.References);
        }
        catch (LinuxException) when (!here)
        {
            FileTree.Remove(ConfigPath(id));
            FileTree.Remove(ManifestsPath(id));
            throw;
        }
    }

    private void SetLocked(Digest id, IReadOnlyList<ImageReference> references)
    {
        List<(ImageReference Reference, Digest? Before)> changed = [];
        try
        {
            foreach (ImageReference reference in references.Select(Kept).Distinct())
            {
                _tags.TryGet(reference, out Digest? before);
                if (before != id)
                {
                    changed.Add((reference, before));
                    _tags.Set(reference, id);
                }
            }
        }
        catch (LinuxException)
        {
            foreach ((ImageReference reference, Digest? before) in Enumerable.Reverse(changed))
            {
                Restore(reference, id, before);
            }

            throw;
        }
    }

    private void Restore(ImageReference reference, Digest id, Digest? before)
    {
        if (!_tags.TryGet(reference, out Digest? now) || now != id)
        {
            return;
        }

        _tags.Remove(reference);
        if (before is Digest old)
        {
            // The removal made room for it.
            _tags.Set(reference, old);
        }
    }
}
