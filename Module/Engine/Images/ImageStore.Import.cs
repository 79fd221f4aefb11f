using Containers.Engine.Events;
using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>Making images of one layer.</summary>
public sealed partial class ImageStore
{
    /// <summary>
    /// Makes an image from the tar of a root file system: plain, gzip, xz, bzip2 or zstd. Whiteout names (.wh.) are taken as
    /// whiteouts, as docker's import does.
    /// </summary>
    /// <param name="tar">Read to its end; stays open.</param>
    /// <param name="progress">Told how many bytes of <paramref name="tar"/> are read; on the calling thread.</param>
    /// <exception cref="EngineException">
    /// DamagedArchive, TruncatedArchive, UnsafeArchiveEntry, ArchiveLimitExceeded, ArchiveReadFailed, DiskFull,
    /// ImageStoreDenied, InvalidImageOption. Nothing is left behind.
    /// </exception>
    public ContainerImage ImportRootFileSystem(
        Stream tar, ImageImportOptions options, IProgress<long>? progress, CancellationToken cancellationToken) =>
        Import(
            options,
            "import",
            layer => LayerImporter.FromArchive(tar, layer, options.Limits, progress, cancellationToken),
            cancellationToken);

    /// <summary>
    /// Makes an image from a directory of this host, with owners, modes, links, devices and attributes. Other mounts below it
    /// come as empty directories. The same directory gives the same layer.
    /// </summary>
    /// <param name="progress">Told how many bytes of tar went through.</param>
    /// <exception cref="EngineException">As for an import; SourceNotFound, SourceChanged.</exception>
    public ContainerImage CreateFromDirectory(
        string path, ImageImportOptions options, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        string source = Path.GetFullPath(path);
        if (!Directory.Exists(source))
        {
            throw new EngineException(
                EngineErrorKind.ObjectNotFound, "SourceNotFound", $"There is no directory '{source}'.", source, "Check the path.");
        }

        return Import(
            options,
            "directory " + source,
            layer => LayerImporter.FromProducer(
                writer => new DirectoryArchiver(writer, options.Limits.MaxDepth, cancellationToken).Write(source),
                layer, options.Limits, progress, cancellationToken),
            cancellationToken);
    }

    /// <summary>
    /// Makes an image from programs of this host: they, their interpreters and libraries, busybox's applets, and what a usable
    /// root needs besides (accounts, /tmp, mount points).
    /// </summary>
    /// <param name="programs">Paths, or names to be found on PATH.</param>
    /// <exception cref="EngineException">As for an import; ProgramNotFound, LibraryNotFound.</exception>
    public ContainerImage CreateFromPrograms(
        IReadOnlyList<string> programs, ImageImportOptions options, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        ProgramCollector collector = new();
        collector.Collect(programs);
        ImageImportOptions effective = options.Command.Count == 0 && options.Entrypoint.Count == 0
            ? options with { Command = [collector.DefaultCommand] }
            : options;
        return Import(
            effective,
            "programs " + string.Join(' ', programs),
            layer => LayerImporter.FromProducer(
                writer => collector.Tree.Write(writer, cancellationToken), layer, options.Limits, progress, cancellationToken),
            cancellationToken);
    }

    private ContainerImage Import(
        ImageImportOptions options, string createdBy, Func<NewLayer, LayerContent> extract, CancellationToken cancel)
    {
        ImageConfig config = ImageConfigBuilder.Build(options, createdBy);
        try
        {
            StoreFolder.Ensure(_root);
            StoreFolder.Ensure(_folder);
            _layers.Sweep();
            using NewLayer layer = _layers.Begin();
            LayerContent content = extract(layer);
            LayerStore.Seal(layer, content.DiffId, content.Size);
            if (content.LostAttributes > 0)
            {
                options.Warning?.Invoke(
                    $"{content.LostAttributes} extended attributes are lost: the file system of '{_root}' does not hold them.");
            }

            byte[] json = ImageConfigJson.Write(config with { RootFs = new ImageRootFs { DiffIds = [content.DiffId] } });
            Digest id = Digest.Of(json);
            using (SafeFileHandle _ = StoreLock.Take(_root, cancel))
            {
                PutNamed(layer, content.DiffId, id, json, options.References);
            }

            ContainerImage made = Describe(id, ReferencesOf(id)).CalledFirst(options.References);
            Events?.Write(made, EventActions.Import);
            return made;
        }
        catch (LinuxException e)
        {
            throw ImageErrors.FromStore(e, _root);
        }
    }
}
