namespace Containers.Engine.Images;

/// <summary>
/// Takes the images of an archive into the store. Nothing of one is taken in before all documents of all are read and checked; then one
/// image after the other, each whole or not at all.
/// </summary>
internal sealed class ImageArchiveLoader(ImageStore store, string dataRoot, LoadOptions options)
{
    /// <exception cref="EngineException">As ContainerEngine.Load.</exception>
    internal IReadOnlyList<ContainerImage> Load(string path, CancellationToken cancel)
    {
        string full = Path.GetFullPath(path);
        if (Directory.Exists(full))
        {
            using ArchiveMembers directory = new DirectoryMembers(full);
            return Load(directory, cancel);
        }

        using FileStream file = Open(full);
        if (file.CanSeek && !IsCompressed(file))
        {
            // The handle is the members' from now on; disposing the stream as well does no harm.
            using ArchiveMembers plain = new TarMembers(file.SafeFileHandle, full, cancel);
            return Load(plain, cancel);
        }

        return Spooled(file, full, file.CanSeek ? file.Length : 0, cancel);
    }

    internal IReadOnlyList<ContainerImage> Load(Stream archive, CancellationToken cancel) => Spooled(archive, "the input", 0, cancel);

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw ArchiveErrors.NotFound(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ArchiveErrors.ReadFailed(path, e);
        }
    }

    private static bool IsCompressed(FileStream file)
    {
        try
        {
            CountingStream counting = Decompression.Open(file, out Stream content);
            file.Position = 0;
            return !ReferenceEquals(counting, content);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ArchiveErrors.ReadFailed(file.Name, e);
        }
    }

    private List<ContainerImage> Spooled(Stream archive, string subject, long length, CancellationToken cancel)
    {
        ArchiveSpool spool = new(dataRoot, subject, options);
        using ArchiveMembers members = new TarMembers(spool.Fill(archive, length, cancel), subject, cancel);
        return Load(members, cancel);
    }

    private List<ContainerImage> Load(ArchiveMembers members, CancellationToken cancel)
    {
        IReadOnlyList<ArchivedImage> images = ImageArchiveReader.Read(members, options, cancel);
        if (options.References.Count > 0 && images.Count != 1)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "AmbiguousImageName",
                $"'{members.Subject}' holds {images.Count} images; one name cannot be for all of them.", members.Subject,
                "Load it without a name.");
        }

        List<ContainerImage> loaded = [];
        foreach (ArchivedImage image in images)
        {
            IncomingImage incoming = image.Incoming with { References = References(image) };
            ReceiveOptions receive = new()
            {
                Limits = options.Limits,
                Progress = options.Progress,
                Warning = options.Warning,
                Subject = incoming.References.Count > 0 ? incoming.References[0].ToString() : image.Label,
            };
            loaded.Add(store.Receive(incoming, receive, cancel));
        }

        return loaded;
    }

    private List<ImageReference> References(ArchivedImage image)
    {
        IEnumerable<ImageReference> wanted = options.References.Count > 0
            ? options.References
            : Names(image).DistinctBy(name => name.Canonical);
        return [.. wanted.Where(reference => !TakesAway(reference, image.Id) || options.MayMove is null || options.MayMove(reference))];
    }

    private IEnumerable<ImageReference> Names(ArchivedImage image)
    {
        foreach (string name in image.Names)
        {
            string? fault = null;
            if (!ImageReference.TryParse(name, out ImageReference? reference))
            {
                fault = "it is no image name";
            }
            else if (reference.Digest is not null)
            {
                // Only a registry can say that an image is what it holds under a digest.
                fault = "it names a digest";
            }

            if (fault is null)
            {
                yield return reference!;
            }
            else
            {
                string shown = name.Length <= 100 ? name : name[..100] + "…";
                options.Warning?.Invoke($"The image {image.Id.Hex[..12]} is loaded without the name '{shown}': {fault}.");
            }
        }
    }

    /// <summary>Whether another image of this host has the name (CVE-2026-50195).</summary>
    private bool TakesAway(ImageReference reference, Digest id)
    {
        try
        {
            return store.Get(reference.Canonical).Id != id.ToString();
        }
        catch (EngineException e) when (e.ErrorId is "ImageNotFound" or "DamagedImage")
        {
            return false;
        }
    }
}
