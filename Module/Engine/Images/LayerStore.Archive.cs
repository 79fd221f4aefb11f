using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>Layers as archives again: the very bytes they came from.</summary>
internal sealed unsafe partial class LayerStore
{
    /// <summary>The depth at which the walk of a layer without an index gives up.</summary>
    private const int MaxDepth = 1024;

    /// <summary>Bytes of the layer's tar.</summary>
    /// <exception cref="EngineException">DamagedLayer, LayerNotExact.</exception>
    internal long TarSize(Digest diffId)
    {
        LayerRecord record = Find(diffId) ?? throw Damaged(diffId, "it is not there");
        if (record.TarSize > 0)
        {
            return record.TarSize;
        }

        long size = 0;
        Rebuild(diffId, block => size += block.Length, CancellationToken.None);
        return size;
    }

    /// <summary>Writes the layer's tar, byte for byte what its diff id says; checked while it is written.</summary>
    /// <exception cref="EngineException">
    /// DamagedLayer: a file is missing or is not what it was. LayerNotExact: an older version made the layer and kept no index, and what its
    /// files give is another archive than the one they came from.
    /// </exception>
    internal void WriteTar(Digest diffId, Stream target, CancellationToken cancel) => Rebuild(diffId, target.Write, cancel);

    /// <summary>The layer as a blob. The same layer and compression always give the same bytes.</summary>
    /// <param name="progress">Told how many bytes of tar went through; on the calling thread.</param>
    /// <exception cref="EngineException">As for <see cref="WriteTar"/>; DiskFull.</exception>
    internal CompressedLayer Compress(Digest diffId, LayerCompression compression, IProgress<long>? progress, CancellationToken cancel)
    {
        try
        {
            string folder = Path.Join(dataRoot, "tmp");
            StoreFolder.Ensure(folder);
            using OutputFile file = OutputFile.CreateUnnamed(folder);
            using BlobWriter blob = new(file);
            using (BlockCompressor? compressor = compression == LayerCompression.None ? null : new BlockCompressor(blob, compression))
            {
                long done = 0;
                Rebuild(
                    diffId,
                    block =>
                    {
                        if (compressor is null)
                        {
                            blob.Write(block);
                        }
                        else
                        {
                            compressor.Write(block);
                        }

                        progress?.Report(done += block.Length);
                    },
                    cancel);
                compressor?.Finish();
            }

            CompressedLayer layer = new(blob.TakeDigest(), file.Written, MediaType(compression), file.TakeHandle());
            Remember(diffId, new LayerBlob { Digest = layer.Digest.ToString(), Size = layer.Size, MediaType = layer.MediaType });
            return layer;
        }
        catch (LinuxException e)
        {
            throw ImageErrors.FromStore(e, dataRoot);
        }
    }

    /// <summary>Reads the whole layer and compares; null where it is sound, else what is wrong, as the end of a sentence.</summary>
    /// <remarks>
    /// A layer that an older version made is compared as far as that is possible: its archive cannot always be made again, and that alone
    /// is no damage.
    /// </remarks>
    internal string? Verify(Digest diffId, CancellationToken cancel)
    {
        try
        {
            LayerRecord? record = Find(diffId);
            if (record is null)
            {
                return "it is not there";
            }

            if (record.TarSize == 0)
            {
                Rebuild(diffId, _ => { }, cancel);
                return null;
            }

            using IDisposable? pin = Pin(diffId, marked: true);
            return pin is null ? "it is not there" : LayerVerifier.Run(diffId, DirectoryOf(diffId), record, pipe => Produce(diffId, true, pipe, cancel), cancel);
        }
        catch (EngineException e) when (e.ErrorId == "LayerNotExact")
        {
            return null;
        }
        catch (EngineException e) when (e.ErrorId == "DamagedLayer")
        {
            return (e.InnerException as LayerDamage)?.Message ?? e.Message;
        }
        catch (LayerDamage e)
        {
            return e.Message;
        }
        catch (LinuxException e)
        {
            throw ImageErrors.FromStore(e, dataRoot);
        }
    }

    private static string MediaType(LayerCompression compression) => compression switch
    {
        LayerCompression.Gzip => "application/vnd.oci.image.layer.v1.tar+gzip",
        LayerCompression.Zstd => "application/vnd.oci.image.layer.v1.tar+zstd",
        _ => "application/vnd.oci.image.layer.v1.tar",
    };

    private string DirectoryOf(Digest diffId) => Path.Join(_folder, ShortId(diffId));

    /// <summary>One thread reads and hashes, this one hands on.</summary>
    private void Rebuild(Digest diffId, ReadOnlySpanAction take, CancellationToken cancel)
    {
        using IDisposable pin = Pin(diffId, marked: true) ?? throw Damaged(diffId, "it is not there");
        LayerRecord record = Find(diffId) ?? throw Damaged(diffId, "it is not there");
        bool exact = record.TarSize > 0;
        try
        {
            if (LayerImporter.Pass(pipe => Produce(diffId, exact, pipe, cancel), take, cancel) == diffId)
            {
                return;
            }
        }
        catch (LayerDamage e)
        {
            throw Damaged(diffId, e.Message, e);
        }

        throw exact
            ? Damaged(diffId, "its files are not what they were when it was unpacked")
            : new EngineException(
                EngineErrorKind.InvalidData, "LayerNotExact",
                $"The layer '{diffId}' was made by an older version, and its archive cannot be made again.", diffId.ToString(),
                "Remove the image, and pull or import it again.");
    }

    /// <summary>Runs on a thread of its own, so that what goes wrong here is never mistaken for what the archive's taker throws.</summary>
    /// <exception cref="LayerDamage">The archive cannot be made.</exception>
    private void Produce(Digest diffId, bool exact, BlockPipe pipe, CancellationToken cancel)
    {
        try
        {
            if (exact)
            {
                using TarRebuilder rebuilder = new(DirectoryOf(diffId));
                rebuilder.Write(pipe);
                return;
            }

            TarWriter writer = new(pipe.Writer);
            new DirectoryArchiver(writer, MaxDepth, cancel).Write(Path.Join(DirectoryOf(diffId), "fs"));
            writer.WriteEnd();
        }
        catch (LinuxException e) when (e.Errno is not (Errno.EMFILE or Errno.ENFILE or Errno.EACCES or Errno.EPERM))
        {
            throw new LayerDamage($"its files cannot be read: {e.Message}", e);
        }
        catch (Exception e) when (e is EngineException or InvalidDataException)
        {
            throw new LayerDamage(e.Message.TrimEnd('.'), e);
        }
    }
}

/// <summary>Takes bytes that live for the length of the call.</summary>
internal delegate void ReadOnlySpanAction(ReadOnlySpan<byte> bytes);
