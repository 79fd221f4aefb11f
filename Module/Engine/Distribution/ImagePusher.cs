using Containers.Engine.Images;
using Containers.Engine.Linux;
using Containers.Engine.Registry;

namespace Containers.Engine.Distribution;

/// <summary>
/// Sends an image to a registry: only what it lacks, and by the very manifest that the image came by where all of its blobs are there, so
/// that the digest stays what it was.
/// </summary>
internal sealed class ImagePusher(ImageStore store, RegistryAccess registries)
{
    /// <summary>Layers at a time.</summary>
    private const int Parallel = 3;

    /// <summary>See <see cref="ContainerEngine.Push"/>.</summary>
    internal PushedImage Push(string image, string? target, PushOptions options, CancellationToken cancel)
    {
        ContainerImage local = store.Find(image, out bool byId) ?? throw DistributionErrors.NotHere(image);
        if (local.State == ImageState.Damaged)
        {
            throw DistributionErrors.Damaged(local);
        }

        ImageReference reference = Target(image, target, local, byId);
        RegistryRepository place = registries.OpenForPush(reference, options.Credential);
        Digest id = Digest.Parse(local.Id);
        IReadOnlyList<Digest> diffIds = store.Open(local.Id).Config.RootFs.DiffIds;
        Digest[] distinct = [.. diffIds.Distinct()];
        List<IDisposable> pins = [];
        try
        {
            foreach (Digest diffId in distinct)
            {
                pins.Add(store.Layers.Pin(diffId) ?? throw DistributionErrors.Damaged(store.Get(local.Id)));
            }

            return Send(local, id, diffIds, distinct, reference, place, options, cancel);
        }
        catch (LinuxException e)
        {
            throw store.Explain(e);
        }
        finally
        {
            pins.ForEach(pin => pin.Dispose());
        }
    }

    private PushedImage Send(
        ContainerImage local, Digest id, IReadOnlyList<Digest> diffIds, Digest[] distinct, ImageReference reference,
        RegistryRepository place, PushOptions options, CancellationToken cancel)
    {
        ManifestPlan plan = new(store, id, diffIds);
        LayerPusher pusher = new(store.Layers, place, plan, options, reference.ToString(), distinct);
        SideBySide.Run(distinct.Length, Parallel, pusher.Place, () => options.Progress?.Report(pusher.Board.Read()), cancel);

        byte[] config = store.ReadConfig(id);
        long sent = pusher.Sent;
        if (!place.HasBlob(id, cancel))
        {
            place.Upload(
                id, config.Length, offset => new MemoryStream(config, (int)offset, config.Length - (int)offset, writable: false),
                null, cancel);
            sent += config.Length;
        }

        IReadOnlyDictionary<Digest, OciDescriptor> placed = pusher.Placed;
        StoredManifest manifest = plan.Write([.. diffIds.Select(diffId => placed[diffId])], config.Length);
        place.PutManifest(reference.Tag ?? "latest", manifest, cancel);
        store.Keep(id, manifest, [ImageStore.DigestReference(reference, manifest.Digest)], cancel);
        return new PushedImage
        {
            Reference = reference.ToString(),
            Digest = manifest.Digest.ToString(),
            ImageId = local.Id,
            Size = config.Length + placed.Values.DistinctBy(blob => blob.Digest).Sum(blob => blob.Size),
            Sent = sent,
        };
    }

    private static ImageReference Target(string image, string? target, ContainerImage local, bool byId)
    {
        string? name = target ?? (!byId ? image : local.References.Count == 1 ? local.References[0] : null);
        if (name is null)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidImageReference", $"'{image}' is an id, which says nothing of a registry.", image,
                "Name the image by one of its tags, or give the name it shall have in the registry.");
        }

        ImageReference reference = ImagePuller.ParseName(name);
        return reference.Digest is null
            ? reference
            : throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidImageReference",
                $"'{name}' names a digest, which follows from what is pushed.", name, "Leave the digest out and give a tag.");
    }
}
