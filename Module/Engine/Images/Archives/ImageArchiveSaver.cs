namespace Containers.Engine.Images;

/// <summary>Saves images of the store.</summary>
internal sealed class ImageArchiveSaver(ILayerSource layers, SaveOptions options)
{
    /// <exception cref="EngineException">As ContainerEngine.Save.</exception>
    internal void Save(IReadOnlyList<SavedImage> images, string path, CancellationToken cancel)
    {
        string full = Path.GetFullPath(path);
        using Pins pins = new(layers, images);
        SaveProgress? progress = Progress(images);
        if (options.Format == ImageArchiveFormat.OciDirectory)
        {
            using DirectorySink sink = new(full, progress, cancel);
            new LayoutWriter(layers, sink, progress, cancel).Write(images, options.LayerCompression, Remaining(sink.Others, images));
            sink.Keep();
        }
        else
        {
            using TargetFile file = new(full);
            file.Write(target => WriteTar(images, target, progress, cancel), progress, cancel);
        }

        progress?.Report();
    }

    /// <exception cref="EngineException">As ContainerEngine.Save.</exception>
    internal void Save(IReadOnlyList<SavedImage> images, Stream target, CancellationToken cancel)
    {
        if (options.Format == ImageArchiveFormat.OciDirectory)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "DirectoryIntoStream", "A directory cannot be written into a stream.", options.Format,
                "Give a path, or save as an archive.");
        }

        using Pins pins = new(layers, images);
        SaveProgress? progress = Progress(images);
        TargetStream stream = new(target, "the output", progress, cancel);
        WriteTar(images, stream, progress, cancel);
        stream.Flush();
        progress?.Report();
    }

    /// <summary>Entries of an index that are to stay: not those whose names are written now.</summary>
    private static List<OciDescriptor> Remaining(IReadOnlyList<OciDescriptor> others, IReadOnlyList<SavedImage> images)
    {
        HashSet<string> names = [.. images.SelectMany(image => image.Names).SelectMany(Spellings)];
        return [.. others.Where(entry => !names.Contains(LayoutReader.NameOf(entry)))];
    }

    private static IEnumerable<string> Spellings(ImageReference name) =>
        name.Tag is null ? [name.Canonical, name.ToString()] : [name.Canonical, name.ToString(), name.Tag];

    private SaveProgress? Progress(IReadOnlyList<SavedImage> images) => options.Progress is null
        ? null
        : new SaveProgress(
            options.Progress,
            images[0].Names.Count > 0 ? images[0].Names[0].ToString() : images[0].Id.Hex[..12],
            [.. images.SelectMany(image => image.Config.RootFs.DiffIds).Distinct()]);

    private void WriteTar(IReadOnlyList<SavedImage> images, Stream target, SaveProgress? progress, CancellationToken cancel)
    {
        TarSink sink = new(target);
        LayerCompression? compression = options.Format == ImageArchiveFormat.DockerArchive ? null : options.LayerCompression;
        new LayoutWriter(layers, sink, progress, cancel).Write(images, compression, []);
        sink.Complete();
    }

    /// <summary>All layers of all images, held while they are read.</summary>
    private sealed class Pins : IDisposable
    {
        private readonly List<IDisposable> _pins = [];

        internal Pins(ILayerSource layers, IReadOnlyList<SavedImage> images)
        {
            try
            {
                foreach (Digest layer in images.SelectMany(image => image.Config.RootFs.DiffIds).Distinct())
                {
                    _pins.Add(layers.Pin(layer));
                }
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        public void Dispose() => _pins.ForEach(pin => pin.Dispose());
    }
}
