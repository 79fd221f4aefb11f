namespace Containers.Engine.Images;

/// <summary>What came out of a tar stream.</summary>
internal readonly record struct LayerContent(Digest DiffId, long Size, long LostAttributes);

/// <summary>A blob that became a layer.</summary>
/// <param name="DiffId">Digest of its tar.</param>
/// <param name="BlobDigest">Digest of the bytes as they came.</param>
/// <param name="BlobSize">Number of those bytes.</param>
/// <param name="Size">Bytes of file content.</param>
/// <param name="TarSize">Bytes of the tar.</param>
/// <param name="LostAttributes">Attributes that the store's file system cannot hold.</param>
/// <param name="Compressed">Whether the blob was anything else than a plain tar.</param>
internal sealed record ReceivedLayer(
    Digest DiffId, Digest BlobDigest, long BlobSize, long Size, long TarSize, long LostAttributes, bool Compressed);

/// <summary>
/// The one way files get into the store: a producer's tar stream is hashed on one thread while this one extracts it.
/// </summary>
internal static class LayerImporter
{
    /// <summary>How long a cancelled import waits for a producer that may hang in a read of its source.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    /// <summary>Extracts a tar archive of any known compression.</summary>
    /// <param name="root">The layer's empty root.</param>
    internal static LayerContent FromArchive(
        Stream archive, int root, ImportLimits limits, IProgress<long>? progress, CancellationToken cancel)
    {
        CountingStream source;
        Stream content;
        try
        {
            source = Decompression.Open(archive, out content);
        }
        catch (Exception e) when (e is not (OutOfMemoryException or OperationCanceledException))
        {
            throw ReadFailed(e);
        }

        Action? report = progress is null ? null : () => progress.Report(source.Count);
        bool compressed = !ReferenceEquals(content, source);
        return Run(pipe => Pump(source, content, compressed, pipe, limits), root, limits, report, cancel);
    }

    /// <summary>Extracts a blob of any known compression and checks it while it streams.</summary>
    /// <param name="digest">What the blob's bytes must be, with whatever follows the compressed data; null where nobody knows.</param>
    /// <param name="size">How many bytes it must have; null where nobody knows.</param>
    /// <param name="layer">Empty; its files and its index are written here.</param>
    /// <param name="report">Told how many bytes of the blob came so far; on any thread.</param>
    /// <exception cref="EngineException">DigestMismatch, TruncatedArchive, and what an import throws.</exception>
    internal static ReceivedLayer Receive(
        Stream blob, Digest? digest, long? size, NewLayer layer, ImportLimits limits, Action<long>? report, CancellationToken cancel) =>
        throw new NotImplementedException();

    /// <summary>Extracts what a producer writes; progress counts the bytes of its tar.</summary>
    internal static LayerContent FromProducer(
        Action<TarWriter> produce, int root, ImportLimits limits, IProgress<long>? progress, CancellationToken cancel)
    {
        long[] extracted = new long[1];
        return Run(
            pipe =>
            {
                TarWriter writer = new(pipe.Writer);
                produce(writer);
                writer.WriteEnd();
            },
            root,
            limits,
            progress is null ? null : () => progress.Report(extracted[0] += BlockPipe.BlockSize),
            cancel);
    }

    private static LayerContent Run(
        Action<BlockPipe> produce, int root, ImportLimits limits, Action? report, CancellationToken cancel)
    {
        using BlockPipe pipe = new(limits.MaxBytes);
        Task producer = Task.Factory.StartNew(
            () => Produce(produce, pipe), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            using LayerExtractor extractor = new(root, limits);
            extractor.Run(new TarReader(new PipeStream(pipe, report, cancel)), cancel);
            return new LayerContent(pipe.TakeDigest(), extractor.ContentBytes, extractor.LostAttributes);
        }
        finally
        {
            pipe.Abandon();
            if (cancel.IsCancellationRequested)
            {
                producer.Wait(s_patience, CancellationToken.None);
            }
            else
            {
                producer.Wait(CancellationToken.None);
            }
        }
    }

    /// <summary>Never throws: what goes wrong reaches the consumer through the pipe.</summary>
    private static void Produce(Action<BlockPipe> produce, BlockPipe pipe)
    {
        Exception? failure = null;
        try
        {
            produce(pipe);
        }
        catch (Exception e)
        {
            failure = e;
        }

        try
        {
            pipe.Complete(failure);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The consumer is gone already and has its own reason.
        }
    }

    private static void Pump(CountingStream source, Stream content, bool compressed, BlockPipe pipe, ImportLimits limits)
    {
        try
        {
            while (true)
            {
                int got = content.Read(pipe.GetSpan());
                if (got == 0)
                {
                    return;
                }

                pipe.Advance(got);
                if (compressed && pipe.Length > limits.RatioAfterBytes && pipe.Length / limits.MaxRatio > source.Count)
                {
                    throw ImageErrors.Limit(
                        $"it unpacks to more than {limits.MaxRatio} times its size",
                        "Raise the limit of the ratio if you trust the archive.");
                }
            }
        }
        catch (Exception e) when (e is not (EngineException or OperationCanceledException or OutOfMemoryException))
        {
            if (source.Failure is not null)
            {
                throw ReadFailed(e);
            }

            // Decompressors throw whatever they stumble over: index errors and null references count as damage too.
            throw e is EndOfStreamException ? ImageErrors.Truncated(e) : ImageErrors.DamagedArchive("its compressed data is damaged", e);
        }
    }

    private static EngineException ReadFailed(Exception e) => new(
        EngineErrorKind.ReadError, "ArchiveReadFailed", $"The archive cannot be read: {e.Message}", null,
        "Check that the file can be read and try again.", e);

    private sealed class PipeStream(BlockPipe pipe, Action? report, CancellationToken cancel) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer) => pipe.Read(buffer, report, cancel);

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
