namespace Containers.Engine.Images;

/// <summary>
/// Blobs of registries and archives: one thread reads and hashes what comes, one inflates and hashes what is in it, and this one
/// extracts.
/// </summary>
internal static partial class LayerImporter
{
    /// <summary>Extracts a blob of any known compression and checks it while it streams.</summary>
    /// <param name="blob">Read to its end; stays open.</param>
    /// <param name="digest">What the blob's bytes must be, with whatever follows the compressed data; null where nobody knows.</param>
    /// <param name="size">How many bytes it must have; null where nobody knows.</param>
    /// <param name="layer">Empty; its files and its index are written here.</param>
    /// <param name="report">Told how many bytes of the blob came so far; on another thread.</param>
    /// <exception cref="EngineException">DigestMismatch, TruncatedArchive, and what an import or the blob's stream throws.</exception>
    internal static ReceivedLayer Receive(
        Stream blob, Digest? digest, long? size, NewLayer layer, ImportLimits limits, Action<long>? report, CancellationToken cancel)
    {
        using BlockPipe raw = new(limits.MaxBytes, digest?.Algorithm ?? "sha256");
        using BlockPipe tar = new(limits.MaxBytes);
        bool compressed = true;
        bool hashedOnce = false;
        Task reader = Start(pipe => Read(blob, digest, size, pipe, report), raw);
        Task inflater = Start(
            pipe =>
            {
                CountingStream source = Decompression.Open(new PipeStream(raw, null, cancel), out Stream content);
                compressed = !ReferenceEquals(content, source);
                hashedOnce = !compressed && digest is null or { Algorithm: "sha256" };
                pipe.Hashes = !hashedOnce;
                Pump(source, content, compressed, pipe, limits);

                // What follows the compressed data belongs to the blob.
                while (!raw.ReadBlock(cancel).IsEmpty)
                {
                }
            },
            tar);
        try
        {
            (long bytes, long lost) = Extract(tar, layer, limits, null, cancel);
            Digest blobDigest = raw.TakeDigest();
            return digest is null || blobDigest == digest
                ? new ReceivedLayer(hashedOnce ? blobDigest : tar.TakeDigest(), blobDigest, raw.Length, bytes, tar.Length, lost, compressed)
                : throw Mismatch(digest.Value);
        }
        catch (EngineException e) when (digest is not null && e.ErrorId is "DamagedArchive" or "TruncatedArchive")
        {
            // A blob that was damaged on its way must not be blamed on who made it: that one can be fetched again.
            tar.Abandon();
            inflater.Wait(CancellationToken.None);
            if (IsOther(raw, digest!.Value, cancel))
            {
                throw Mismatch(digest.Value, e);
            }

            throw;
        }
        finally
        {
            tar.Abandon();
            raw.Abandon();
            Finish(inflater, cancel);
            Finish(reader, cancel);
        }
    }

    /// <summary>Hands a producer's bytes to a consumer on this thread; the digest of all.</summary>
    internal static Digest Pass(Action<BlockPipe> produce, ReadOnlySpanAction take, CancellationToken cancel) => PassPipe(
        produce,
        pipe =>
        {
            ReadOnlySpan<byte> block;
            while (!(block = pipe.ReadBlock(cancel)).IsEmpty)
            {
                take(block);
            }
        },
        cancel);

    /// <summary>The same for a consumer that wants a stream; it reads to the end.</summary>
    internal static Digest Pass(Action<BlockPipe> produce, Action<Stream> take, CancellationToken cancel) =>
        PassPipe(produce, pipe => take(new PipeStream(pipe, null, cancel)), cancel);

    private static Digest PassPipe(Action<BlockPipe> produce, Action<BlockPipe> take, CancellationToken cancel)
    {
        using BlockPipe pipe = new(long.MaxValue);
        Task producer = Start(produce, pipe);
        try
        {
            take(pipe);
            return pipe.TakeDigest();
        }
        finally
        {
            pipe.Abandon();
            Finish(producer, cancel);
        }
    }

    private static Task Start(Action<BlockPipe> produce, BlockPipe pipe) => Task.Factory.StartNew(
        () => Produce(produce, pipe), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void Finish(Task producer, CancellationToken cancel)
    {
        if (cancel.IsCancellationRequested)
        {
            producer.Wait(s_patience, CancellationToken.None);
        }
        else
        {
            producer.Wait(CancellationToken.None);
        }
    }

    private static void Read(Stream blob, Digest? digest, long? size, BlockPipe pipe, Action<long>? report)
    {
        while (true)
        {
            int got;
            try
            {
                got = blob.Read(pipe.GetSpan());
            }
            catch (Exception e) when (e is not (EngineException or OperationCanceledException or OutOfMemoryException))
            {
                throw ReadFailed(e);
            }

            if (got == 0)
            {
                break;
            }

            pipe.Advance(got);
            report?.Invoke(pipe.Length);
            if (pipe.Length > size)
            {
                throw digest is null
                    ? ImageErrors.DamagedArchive($"a layer in it is longer than the {size} bytes that it should have")
                    : Mismatch(digest.Value);
            }
        }

        if (pipe.Length < size)
        {
            throw ImageErrors.Truncated();
        }
    }

    /// <summary>Reads the rest of a blob; true where it came whole and is not what was asked for.</summary>
    private static bool IsOther(BlockPipe raw, Digest digest, CancellationToken cancel)
    {
        try
        {
            while (!raw.ReadBlock(cancel).IsEmpty)
            {
            }
        }
        catch (EngineException)
        {
            // Cut short: the reason at hand says as much.
            return false;
        }

        return raw.TakeDigest() != digest;
    }

    private static EngineException Mismatch(Digest digest, Exception? inner = null) => new(
        EngineErrorKind.InvalidData, "DigestMismatch", $"The content that came for '{digest}' is something else.", digest.ToString(),
        "Try again; if it stays so, ask whoever runs the registry or made the archive.", inner);
}
