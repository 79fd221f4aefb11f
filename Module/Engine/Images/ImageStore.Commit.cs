using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>Images on top of others.</summary>
public sealed partial class ImageStore
{
    /// <summary>As docker has it; an overlay's page of options holds a few more.</summary>
    private const int MaxLayersOfCommit = 125;

    /// <summary>Makes an image of another one and a new layer, or of the same layers where the producer writes nothing.</summary>
    /// <param name="parent">Something keeps it from being removed: a container that uses it.</param>
    /// <param name="produce">Writes the layer's tar; false when there is nothing to write. Runs on another thread.</param>
    /// <param name="config">Of the new image, its last history entry included; layers are added here.</param>
    /// <exception cref="EngineException">As for an import; TooManyLayers. Nothing is left behind.</exception>
    internal ContainerImage AddLayer(
        ImageRecord parent, Func<TarWriter, bool> produce, ImageConfig config, IReadOnlyList<ImageReference> references, ImportLimits limits,
        IProgress<long>? progress, Action<string>? warning, CancellationToken cancel)
    {
        IReadOnlyList<Digest> below = parent.Config.RootFs.DiffIds;
        if (below.Count >= MaxLayersOfCommit)
        {
            throw new EngineException(
                EngineErrorKind.LimitsExceeded, "TooManyLayers", $"The image has {below.Count} layers; no more than {MaxLayersOfCommit} can be used.",
                parent.Id, "Export the container, and import it as an image of one layer.");
        }

        try
        {
            _layers.Sweep();
            using NewLayer layer = _layers.Begin();
            bool any = false;
            LayerContent content = LayerImporter.FromProducer(
                writer => any = produce(writer), layer, limits, progress, cancel);
            if (any)
            {
                LayerStore.Seal(layer, content.DiffId, content.Size);
                if (content.LostAttributes > 0)
                {
                    warning?.Invoke($"{content.LostAttributes} extended attributes are lost: the file system of '{_root}' does not hold them.");
                }
            }

            ImageHistory last = config.History[^1] with { EmptyLayer = !any };
            byte[] json = ImageConfigJson.Write(config with
            {
                RootFs = new ImageRootFs { DiffIds = any ? [.. below, content.DiffId] : below },
                History = [.. config.History.SkipLast(1), last],
            });
            Digest id = Digest.Of(json);
            using (SafeFileHandle _ = StoreLock.Take(_root, cancel))
            {
                PutNamed(layer, any ? content.DiffId : null, id, json, references);
            }

            return Describe(id, ReferencesOf(id)).CalledFirst(references);
        }
        catch (LinuxException e)
        {
            throw ImageErrors.FromStore(e, _root);
        }
    }

    /// <summary>
    /// Layer, configuration and names, or none of them: without its names it would be an image that nobody finds. The store is locked.
    /// </summary>
    private void PutNamed(NewLayer layer, Digest? diffId, Digest id, byte[] json, IReadOnlyList<ImageReference> references)
    {
        bool isNew = !File.Exists(ConfigPath(id));
        Put(layer, diffId, id, json);
        try
        {
            SetLocked(id, references);
        }
        catch (LinuxException) when (isNew)
        {
            SmallFile.Remove(ConfigPath(id));
            if (diffId is { } published)
            {
                _layers.Withdraw(layer, published);
            }

            throw;
        }
    }

    /// <summary>Layer and configuration, or neither. The store is locked.</summary>
    private void Put(NewLayer layer, Digest? diffId, Digest id, byte[] json)
    {
        if (diffId is { } published)
        {
            _layers.Publish(layer, published);
        }

        try
        {
            SmallFile.Replace(ConfigPath(id), json);
        }
        catch (LinuxException) when (diffId is not null)
        {
            _layers.Withdraw(layer, diffId.Value);
            throw;
        }
    }
}
