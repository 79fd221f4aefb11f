namespace Containers.Engine.Images;

/// <summary>
/// An OCI image layout, packed or not (image specification, image-layout.md): index.json names manifests, blobs are named by digest.
/// </summary>
internal static class LayoutReader
{
    internal const string ImageName = "io.containerd.image.name";
    internal const string RefName = "org.opencontainers.image.ref.name";

    internal static IReadOnlyList<ArchivedImage> Read(ArchiveMembers members, LoadOptions options)
    {
        byte[] json = members.Read(ImageArchiveReader.Index);
        if (ManifestJson.Parse(json, MediaTypes.OciIndex, members.Subject) is not ImageIndex index)
        {
            throw ManifestJson.Invalid(members.Subject, $"its {ImageArchiveReader.Index} is no index");
        }

        ImagePlatform platform = options.Platform ?? ImagePlatform.Current;
        Dictionary<Digest, ArchivedImage> images = [];
        List<Digest> order = [];
        foreach (OciDescriptor entry in Choose(index, platform, members.Subject))
        {
            ArchivedImage image = ReadImage(members, Fetch(members, entry), options);
            if (images.TryGetValue(image.Id, out ArchivedImage? same))
            {
                image = same;
            }
            else
            {
                order.Add(image.Id);
            }

            string name = NameOf(entry);
            if (name.AsSpan().IndexOfAny(':', '/') >= 0)
            {
                image = image with { Names = [.. image.Names, name] };
            }
            else if (name.Length > 0 && options.References.Count == 0)
            {
                string shown = name.Length <= 100 ? name : name[..100] + "…";
                options.Warning?.Invoke(
                    $"The image {image.Id.Hex[..12]} is loaded without a name: in the archive it has only the tag '{shown}'.");
            }

            images[image.Id] = image;
        }

        return [.. order.Select(id => images[id])];
    }

    /// <summary>The image of a manifest or of an index of them, read from blobs.</summary>
    internal static ArchivedImage ReadImage(
        ArchiveMembers members, StoredManifest top, LoadOptions options, Func<OciDescriptor, StoredManifest>? fetch = null,
        Func<Digest, string>? blob = null)
    {
        blob ??= MemberPath.Blob;
        (StoredManifest stored, ImageManifest manifest) = PlatformChoice.Choose(
            top, options.Platform ?? ImagePlatform.Current, fetch ?? (entry => Fetch(members, entry)), members.Subject);
        byte[] json = members.Read(blob(manifest.Config.Digest), manifest.Config.Digest);
        ImageConfig config = ImageConfigJson.Parse(json, manifest.Config.Digest.ToString());
        if (options.Platform is ImagePlatform wanted && !PlatformChoice.Fits(wanted, config))
        {
            throw PlatformChoice.NotFound(wanted, [ImageArchiveReader.Platform(config)], members.Subject);
        }

        List<IncomingLayer> layers = [];
        foreach (OciDescriptor layer in manifest.Layers)
        {
            // Now, not when it is needed: an archive without it would leave the layers before it behind.
            string name = blob(layer.Digest);
            long length = members.Length(name);
            if (length != layer.Size)
            {
                throw ImageErrors.DamagedArchive($"'{name}' has {length} bytes, not {layer.Size}");
            }

            layers.Add(new IncomingLayer
            {
                Digest = layer.Digest,
                Size = layer.Size,
                MediaType = layer.MediaType,
                Open = _ => members.Open(name),
            });
        }

        return new ArchivedImage(new IncomingImage { Config = json, Layers = layers, Manifest = stored }, config, []);
    }

    /// <summary>
    /// What of the first level is to be loaded. Several entries with one name, or several without any, are one image for several platforms
    /// if they say so; all others stand for themselves.
    /// </summary>
    private static List<OciDescriptor> Choose(ImageIndex index, ImagePlatform wanted, string subject)
    {
        List<OciDescriptor> chosen = [];
        IEnumerable<OciDescriptor> images = index.Manifests.Where(entry => !PlatformChoice.IsAttestation(entry)
            && (MediaTypes.IsManifest(entry.MediaType) || MediaTypes.IsIndex(entry.MediaType) || entry.MediaType.Length == 0));
        foreach (IGrouping<string, OciDescriptor> group in images.GroupBy(entry => NameOf(entry)))
        {
            List<OciDescriptor> entries = [.. group];
            bool platforms = entries.Select(entry => entry.Platform?.ToString()).Distinct().Count() == entries.Count
                && entries.All(entry => entry.Platform is not null);
            if (entries.Count == 1 || !platforms)
            {
                chosen.AddRange(entries);
                continue;
            }

            OciDescriptor? best = entries.Where(entry => PlatformChoice.Rank(wanted, entry.Platform!) is not null)
                .MinBy(entry => PlatformChoice.Rank(wanted, entry.Platform!));
            chosen.Add(best ?? throw PlatformChoice.NotFound(wanted, entries.Select(entry => entry.Platform!.ToString()), subject));
        }

        return chosen;
    }

    /// <summary>
    /// containerd and docker write the whole name into an annotation of their own; the standard one may hold a whole name (podman) or a tag
    /// only (umoci, skopeo, docker). Empty where there is neither.
    /// </summary>
    internal static string NameOf(OciDescriptor entry) =>
        entry.Annotations.TryGetValue(ImageName, out string? name) && name.Length > 0 ? name
        : entry.Annotations.TryGetValue(RefName, out name) && name.Length > 0 ? name
        : "";

    private static StoredManifest Fetch(ArchiveMembers members, OciDescriptor entry) => new()
    {
        Digest = entry.Digest,
        MediaType = entry.MediaType,
        Content = members.Read(MemberPath.Blob(entry.Digest), entry.Digest),
    };
}
