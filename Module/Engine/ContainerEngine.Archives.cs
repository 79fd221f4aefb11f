using Containers.Engine.Events;
using Containers.Engine.Images;

namespace Containers.Engine;

/// <summary>Images from and to archives.</summary>
public sealed partial class ContainerEngine
{
    /// <summary>
    /// Loads every image of an archive: docker-archive old and new, OCI archive, any compression; or an OCI layout directory.
    /// </summary>
    /// <param name="path">A file or directory.</param>
    /// <exception cref="EngineException">
    /// NotAnImageArchive (with a hint to -AsRootFileSystem where it is a plain tar), ArchiveNotFound, AmbiguousImageName, PlatformNotFound,
    /// InvalidManifest, InvalidImageConfig, DigestMismatch, LayerMismatch, and what an import throws. Images before a damaged one stay.
    /// </exception>
    public IReadOnlyList<ContainerImage> Load(string path, LoadOptions options, CancellationToken cancel) =>
        Loaded(new ImageArchiveLoader(Images, Options.DataRoot, options).Load(path, cancel));

    /// <summary>The same from a stream that cannot seek.</summary>
    public IReadOnlyList<ContainerImage> Load(Stream archive, LoadOptions options, CancellationToken cancel) =>
        Loaded(new ImageArchiveLoader(Images, Options.DataRoot, options).Load(archive, cancel));

    /// <summary>Saves images into one archive or directory. The same images give the same bytes.</summary>
    /// <param name="images">References, ids; a reference without a tag means latest.</param>
    /// <param name="path">
    /// A file or directory that is made; an incomplete one is removed. A file is compressed as its name says: .gz, .tgz, .zst. A directory
    /// that is an OCI layout already is added to.
    /// </param>
    /// <exception cref="EngineException">
    /// ImageNotFound, DamagedImage, DamagedLayer, ArchiveTargetExists, ArchiveWriteFailed, DiskFull, UnknownCompression.
    /// </exception>
    public void Save(IReadOnlyList<string> images, string path, SaveOptions options, CancellationToken cancel)
    {
        ImageStore store = Images;
        IReadOnlyList<SavedImage> found = SavedImages.Find(store, images);
        new ImageArchiveSaver(new StoredLayers(store.Layers), options).Save(found, path, cancel);
        TellSaved(found);
    }

    /// <summary>The same into a stream; not for OciDirectory.</summary>
    public void Save(IReadOnlyList<string> images, Stream target, SaveOptions options, CancellationToken cancel)
    {
        ImageStore store = Images;
        IReadOnlyList<SavedImage> found = SavedImages.Find(store, images);
        new ImageArchiveSaver(new StoredLayers(store.Layers), options).Save(found, target, cancel);
        TellSaved(found);
    }

    private void TellSaved(IReadOnlyList<SavedImage> images)
    {
        foreach (SavedImage image in images)
        {
            _events.Write(
                ContainerEventType.Image, EventActions.Save, image.Id.ToString(), image.Names.Count > 0 ? image.Names[0].ToString() : "");
        }
    }

    private IReadOnlyList<ContainerImage> Loaded(IReadOnlyList<ContainerImage> images)
    {
        foreach (ContainerImage image in images)
        {
            _events.Write(image, EventActions.Load);
        }

        return images;
    }
}
