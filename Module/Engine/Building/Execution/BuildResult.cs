using Containers.Engine.Images;
using Containers.Engine.Linux;
using Containers.Engine.Storage;

namespace Containers.Engine.Building.Execution;

/// <summary>What becomes of a stage that was built: an image of this host, or files elsewhere.</summary>
internal sealed class BuildResult(BuildSession session, StageState state, BuildRequest request)
{
    private ImageStore Images => session.Services.Images;

    /// <returns>Null where no image was asked for.</returns>
    internal ContainerImage? Make(CancellationToken cancel)
    {
        if (request.Squash)
        {
            new LayerSquasher(session, state, request).Run(cancel);
        }

        foreach (BuildOutputTarget output in request.Outputs)
        {
            switch (output.Type)
            {
                case BuildOutputType.Tar:
                    WriteTar(output.Path, cancel);
                    break;
                case BuildOutputType.Local:
                    WriteDirectory(output.Path, cancel);
                    break;
                case BuildOutputType.Oci:
                    Save(output.Path, ImageArchiveFormat.OciArchive, cancel);
                    break;
                case BuildOutputType.Docker:
                    Save(output.Path, ImageArchiveFormat.DockerArchive, cancel);
                    break;
            }
        }

        // A name is of an image: who gives one wants it here as well.
        return request.Outputs.Count == 0 || request.References.Count > 0 || request.Outputs.Any(output => output.Type == BuildOutputType.Image)
            ? Images.AddImage(ImageAssembler.Assemble(session, state, request), request.References, cancel)
            : null;
    }

    private void WriteTar(string path, CancellationToken cancel)
    {
        using RootedDirectory? root = session.OpenRoot(state);
        using TargetFile file = new(path);
        file.Write(
            stream =>
            {
                TarWriter writer = new(stream);
                if (root is null)
                {
                    writer.WriteEnd();
                    return;
                }

                RootExporter.Write(root, writer, cancel);
            },
            null, cancel);
    }

    /// <summary>
    /// Into a directory: files that are there are replaced, directories are shared, and nothing of it follows a link. Devices stay out: on the
    /// host they would open what the container could not.
    /// </summary>
    private void WriteDirectory(string path, CancellationToken cancel)
    {
        bool isNew = !Path.Exists(path);
        try
        {
            Directory.CreateDirectory(path);
            using RootedDirectory target = RootedDirectory.Open(path);
            using RootedDirectory? root = session.OpenRoot(state);
            if (root is null)
            {
                return;
            }

            TreeCopier copier = new(cancel) { IsLayer = false, IsMerge = true };
            copier.Copy(root.Handle, target.Handle);
            if (copier.Devices > 0)
            {
                request.Warning?.Invoke($"{copier.Devices} devices were left out of '{path}'.");
            }
        }
        catch (Exception e) when (e is LinuxException or IOException or UnauthorizedAccessException)
        {
            RemoveNew();
            throw ArchiveErrors.WriteFailed(path, e);
        }
        catch (OperationCanceledException)
        {
            RemoveNew();
            throw;
        }

        void RemoveNew()
        {
            if (isNew && Directory.Exists(path))
            {
                FileTree.Remove(path);
            }
        }
    }

    private void Save(string path, ImageArchiveFormat format, CancellationToken cancel)
    {
        ImageConfig config = ImageAssembler.Assemble(session, state, request);
        byte[] json = ImageConfigJson.Write(config);
        SavedImage image = new(Digest.Of(json), json, config, [.. request.References]);
        new ImageArchiveSaver(new StoredLayers(Images.Layers), new SaveOptions { Format = format }).Save([image], path, cancel);
    }
}
