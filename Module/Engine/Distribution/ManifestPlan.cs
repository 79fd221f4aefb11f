using Containers.Engine.Images;

namespace Containers.Engine.Distribution;

/// <summary>The manifest of a push: one the image came by if its blobs can be had, else a new one of the same kind.</summary>
internal sealed class ManifestPlan
{
    private readonly Digest _id;
    private readonly List<(StoredManifest Stored, ImageManifest Manifest)> _known = [];

    internal ManifestPlan(ImageStore store, Digest id, IReadOnlyList<Digest> diffIds)
    {
        _id = id;
        foreach (StoredManifest stored in store.Manifests(id))
        {
            try
            {
                if (ManifestJson.Parse(stored, id.ToString()) is ImageManifest manifest
                    && manifest.Config.Digest == id && manifest.Layers.Count == diffIds.Count)
                {
                    _known.Add((stored, manifest));
                }
            }
            catch (EngineException e) when (e.ErrorId is "InvalidManifest" or "UnsupportedManifest" or "NotAnImage")
            {
                // Kept by a version that took it. A new one says the same.
            }
        }

        foreach ((_, ImageManifest manifest) in _known)
        {
            for (int i = 0; i < diffIds.Count; i++)
            {
                Wanted.TryAdd(diffIds[i], manifest.Layers[i].Digest);
            }
        }
    }

    /// <summary>For a layer, the blob by which the newest manifest has it.</summary>
    internal Dictionary<Digest, Digest> Wanted { get; } = [];

    /// <summary>Docker's own form only for an image that came in it, and only while it has names for all of its layers.</summary>
    private bool IsDocker => _known.Count > 0 && _known[0].Manifest.MediaType == MediaTypes.DockerManifest;

    /// <param name="layers">What is in the registry now, bottom first.</param>
    internal StoredManifest Write(IReadOnlyList<OciDescriptor> layers, long configSize)
    {
        foreach ((StoredManifest stored, ImageManifest manifest) in _known)
        {
            if (manifest.Layers.Select(layer => layer.Digest).SequenceEqual(layers.Select(layer => layer.Digest)))
            {
                return stored;
            }
        }

        bool docker = IsDocker && layers.All(layer => MediaTypes.ToDockerLayer(layer.MediaType) is not null);
        return ManifestJson.Write(new ImageManifest
        {
            MediaType = docker ? MediaTypes.DockerManifest : MediaTypes.OciManifest,
            Config = new OciDescriptor
            {
                MediaType = docker ? MediaTypes.DockerConfig : MediaTypes.OciConfig, Digest = _id, Size = configSize,
            },
            Layers =
            [
                .. layers.Select(layer => new OciDescriptor
                {
                    MediaType = (docker ? MediaTypes.ToDockerLayer(layer.MediaType) : MediaTypes.ToOciLayer(layer.MediaType))
                        ?? layer.MediaType,
                    Digest = layer.Digest,
                    Size = layer.Size,
                }),
            ],
        });
    }
}
