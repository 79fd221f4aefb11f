namespace Containers.Engine.Images;

/// <summary>Finds out what an archive or a directory is, and reads its images.</summary>
internal static class ImageArchiveReader
{
    internal const string Manifest = "manifest.json";
    internal const string Index = "index.json";
    internal const string Repositories = "repositories";
    internal const string Version = "version";

    /// <summary>Its images; at least one.</summary>
    /// <exception cref="EngineException">
    /// NotAnImageArchive, DamagedArchive, TruncatedArchive, UnsafeArchiveEntry, ArchiveLimitExceeded, DigestMismatch, LayerMismatch,
    /// InvalidImageConfig, InvalidManifest, UnsupportedManifest, NotAnImage, PlatformNotFound.
    /// </exception>
    internal static IReadOnlyList<ArchivedImage> Read(ArchiveMembers members, LoadOptions options, CancellationToken cancel)
    {
        IReadOnlyList<ArchivedImage> images = ReadAny(members, options, cancel);
        return images.Count > 0 ? images : throw ArchiveErrors.NotAnImage(members.Subject, "there is no image in it");
    }

    private static IReadOnlyList<ArchivedImage> ReadAny(ArchiveMembers members, LoadOptions options, CancellationToken cancel)
    {
        bool layout = members.Contains(Index) && members.Contains("oci-layout");
        if (members.Contains(Manifest))
        {
            // Docker's is a list of images, that of skopeo's "dir:" one manifest. Docker's own saves have a layout beside it that tells
            // less of the names but more of the platforms.
            byte[] json = members.Read(Manifest);
            if (!IsList(json))
            {
                return members.Contains(Version)
                    ? [TransportDirectoryReader.Read(members, json, options)]
                    : throw ArchiveErrors.NotAnImage(members.Subject, $"its {Manifest} is no list of images");
            }

            IReadOnlyList<ArchivedImage> images = DockerArchiveReader.Read(members, json, cancel);
            if (options.Platform is not ImagePlatform wanted || images.All(image => PlatformChoice.Fits(wanted, image.Config)))
            {
                return images;
            }

            return layout
                ? LayoutReader.Read(members, options)
                : throw PlatformChoice.NotFound(wanted, images.Select(image => Platform(image.Config)), members.Subject);
        }

        if (layout)
        {
            return LayoutReader.Read(members, options);
        }

        if (members.Contains(Repositories) || members.Directories().Any(name => LegacyArchiveReader.IsImage(members, name)))
        {
            return LegacyArchiveReader.Read(members, cancel);
        }

        throw ArchiveErrors.NotAnImage(members.Subject, $"it has neither {Manifest} nor {Index}");
    }

    /// <summary>os/architecture[/variant], with gaps where the configuration has them.</summary>
    internal static string Platform(ImageConfig config) =>
        config.Os + "/" + config.Architecture + (string.IsNullOrEmpty(config.Variant) ? "" : "/" + config.Variant);

    private static bool IsList(byte[] json) => json.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'[', ..];
}
