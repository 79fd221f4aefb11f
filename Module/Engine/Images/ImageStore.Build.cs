using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>What builds make: layers first, the image last.</summary>
public sealed partial class ImageStore
{
    /// <summary>A layer in the store that cannot be removed before it is disposed.</summary>
    internal sealed record HeldLayer(Digest DiffId, long Size, IDisposable Pin) : IDisposable
    {
        public void Dispose() => Pin.Dispose();
    }

    /// <summary>Makes a layer of what a producer writes, which runs on another thread.</summary>
    /// <param name="produce">False when there is nothing to keep.</param>
    /// <returns>Null when there was nothing.</returns>
    /// <exception cref="EngineException">As for an import. Nothing is left behind.</exception>
    internal HeldLayer? WriteLayer(Func<TarWriter, bool> produce, Action<string>? warning, CancellationToken cancel)
    {
        try
        {
            StoreFolder.Ensure(Path.Join(_root, "layers"));
            using NewLayer layer = _layers.Begin();
            bool any = false;
            LayerContent content = LayerImporter.FromProducer(writer => any = produce(writer), layer, new ImportLimits(), null, cancel);
            if (!any)
            {
                return null;
            }

            LayerStore.Seal(layer, content.DiffId, content.Size);
            if (content.LostAttributes > 0)
            {
                warning?.Invoke($"{content.LostAttributes} extended attributes are lost: the file system of '{_root}' does not hold them.");
            }

            using SafeFileHandle _ = StoreLock.Take(_root, cancel);
            _layers.Publish(layer, content.DiffId);
            return Hold(content.DiffId)
                ?? throw new EngineException(
                    EngineErrorKind.InvalidData, "DamagedLayer", $"The layer '{content.DiffId}' cannot be used: it is gone.", content.DiffId.ToString(),
                    "Try again.");
        }
        catch (LinuxException e)
        {
            throw ImageErrors.FromStore(e, _root);
        }
    }

    /// <summary>Keeps a complete layer; null where there is none, or it is damaged.</summary>
    internal HeldLayer? Hold(Digest diffId)
    {
        IDisposable? pin = _layers.Pin(diffId);
        return pin is null ? null : new HeldLayer(diffId, _layers.Find(diffId)?.Size ?? 0, pin);
    }

    /// <summary>Puts an image into the store whose layers are here and held by the caller.</summary>
    /// <exception cref="EngineException">DiskFull, ImageStoreBusy.</exception>
    internal ContainerImage AddImage(ImageConfig config, IReadOnlyList<ImageReference> references, CancellationToken cancel)
    {
        byte[] json = ImageConfigJson.Write(config);
        Digest id = Digest.Of(json);
        try
        {
            StoreFolder.Ensure(_folder);
            using (SafeFileHandle _ = StoreLock.Take(_root, cancel))
            {
                if (TryReadConfig(id) is null)
                {
                    FileTree.Remove(ConfigPath(id));
                    SmallFile.Replace(ConfigPath(id), json);
                    _records.TryRemove(id, out ImageRecord? _);
                }

                SetLocked(id, references);
            }

            return Describe(id, ReferencesOf(id)).CalledFirst(references);
        }
        catch (LinuxException e)
        {
            throw ImageErrors.FromStore(e, _root);
        }
    }
}
