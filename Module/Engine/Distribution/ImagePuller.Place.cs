using Containers.Engine.Images;
using Containers.Engine.Registry;

namespace Containers.Engine.Distribution;

/// <summary>A pull from one place.</summary>
internal sealed partial class ImagePuller
{
    private ContainerImage FromPlace(RegistryRepository place, ImageReference reference, PullOptions options, CancellationToken cancel)
    {
        ImagePlatform platform = options.Platform ?? ImagePlatform.Current;
        Digest? known = reference.Digest;
        if (known is null && store.KnowsDigestsOf(reference))
        {
            known = place.HeadManifest(reference.Tag ?? "latest", cancel)?.Digest;
        }

        if (known is Digest digest && Unchanged(reference, digest, platform, cancel) is ContainerImage unchanged)
        {
            return unchanged;
        }

        // By the digest that HEAD told, so that a tag which moves in between cannot mix two images up.
        string subject = reference.ToString();
        StoredManifest top = Checked(place.GetManifest(known?.ToString() ?? reference.Tag ?? "latest", cancel), known, subject);
        (StoredManifest stored, ImageManifest manifest) = PlatformChoice.Choose(
            top, platform, entry => Checked(place.GetManifest(entry.Digest.ToString(), cancel), entry.Digest, subject), subject);
        byte[] config = Config(place, manifest.Config, subject, cancel);
        ImageConfig parsed = ImageConfigJson.Parse(config, subject);
        if (!PlatformChoice.Fits(platform, parsed))
        {
            if (options.Platform is not null)
            {
                throw PlatformChoice.NotFound(platform, [DistributionErrors.PlatformOf(parsed)], subject);
            }

            options.Warning?.Invoke(
                $"The image '{subject}' is for {DistributionErrors.PlatformOf(parsed)}, not for this machine ({platform}).");
        }

        IncomingImage incoming = new()
        {
            Config = config,
            Manifest = stored,
            Layers = [.. manifest.Layers.Select(layer => Layer(place, layer))],
            References = Names(reference, top.Digest, stored.Digest),
        };
        ReceiveOptions receive = new()
        {
            Limits = options.Limits,
            Progress = options.Progress,
            Warning = options.Warning,
            Subject = subject,
        };
        return store.Receive(incoming, receive, cancel);
    }

    /// <summary>
    /// The image that this very manifest or index gave before, if it is whole and for the platform; with the tag put on it again.
    /// </summary>
    private ContainerImage? Unchanged(ImageReference reference, Digest digest, ImagePlatform platform, CancellationToken cancel)
    {
        ContainerImage? local = store.Find(ImageStore.DigestReference(reference, digest));
        if (local is not { State: ImageState.Ready } || !PlatformChoice.Fits(platform, store.Open(local.Id).Config))
        {
            return null;
        }

        if (reference.Digest is not null || local.References.Contains(reference.ToString()))
        {
            return local;
        }

        store.SetReferences(Digest.Parse(local.Id), [reference], cancel);
        return store.Get(local.Id);
    }

    private static List<ImageReference> Names(ImageReference reference, Digest top, Digest chosen)
    {
        List<ImageReference> names = [ImageStore.DigestReference(reference, top)];
        if (chosen != top)
        {
            names.Add(ImageStore.DigestReference(reference, chosen));
        }

        if (reference.Digest is null)
        {
            names.Add(reference);
        }

        return names;
    }

    private static IncomingLayer Layer(RegistryRepository place, OciDescriptor layer) => new()
    {
        Digest = layer.Digest,
        Size = layer.Size,
        MediaType = layer.MediaType,
        Repository = place.Name,
        Open = cancel => place.OpenBlob(layer, cancel),
    };

    private static StoredManifest Checked(StoredManifest manifest, Digest? expected, string subject) =>
        ImageStore.IsDigestOf(expected ?? manifest.Digest, manifest.Content.Span)
            ? expected is Digest digest ? manifest with { Digest = digest } : manifest
            : throw Mismatch(subject, "a manifest", expected ?? manifest.Digest);

    /// <summary>From here where it is here, so that an image which only gets another name costs no round trip.</summary>
    private byte[] Config(RegistryRepository place, OciDescriptor descriptor, string subject, CancellationToken cancel)
    {
        if (descriptor.Size > ImageConfigJson.MaxBytes)
        {
            throw ManifestJson.Invalid(subject, "its configuration is longer than 4 MiB");
        }

        byte[]? config = store.TryReadConfig(descriptor.Digest);
        if (config is null)
        {
            config = place.GetBlob(descriptor, cancel);
            if (!ImageStore.IsDigestOf(descriptor.Digest, config))
            {
                throw Mismatch(subject, "a configuration", descriptor.Digest);
            }
        }

        return config;
    }

    private static EngineException Mismatch(string subject, string what, Digest expected) => new(
        EngineErrorKind.InvalidData, "DigestMismatch", $"The registry gave {what} for '{subject}' which is not '{expected}'.", subject,
        "Try again; if it happens again, the registry or a proxy in between is damaged.");
}
