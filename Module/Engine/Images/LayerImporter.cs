using System.Runtime.InteropServices;

namespace Containers.Engine.Images;

/// <summary>What came out of a tar stream.</summary>
internal readonly record struct LayerContent(Digest DiffId, long Size, long LostAttributes);

/// <summary>
/// The one way files get into the store: a producer's tar stream is hashed on one thread while this one extracts it.
/// </summary>
internal static partial class LayerImporter
{
    /// <summary>How long a cancelled import waits for a producer that may hang in a read of its source.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    /// <summary>Extracts a tar archive of any known compression.</summary>
    /// <param name="layer">Empty; its files and its index are written here.</param>
    internal static LayerContent FromArchive(
        Stream archive, NewLayer layer, ImportLimits limits, IProgress<long>? progress, CancellationToken cancel)
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
        return Run(pipe => Pump(source, content, compressed, pipe, limits), layer, limits, report, cancel);
    }

    /// <summary>Extracts a tar archive of any known compression into an empty directory that is no layer: every name is a name.</summary>
    /// <returns>How many attributes its file system did not take.</returns>
    internal static long Unpack(
        Stream archive, SafeHandle directory, ImportLimits limits, IProgress<long>? progress, CancellationToken cancel)
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

        bool compressed = !ReferenceEquals(content, source);
        using BlockPipe pipe = new(limits.MaxBytes);
        Task producer = Start(to => Pump(source, content, compressed, to, limits), pipe);
        try
        {
            using LayerExtractor extractor = new((int)directory.DangerousGetHandle(), limits, null, null) { Whiteouts = false };
            extractor.Run(new TarReader(new PipeStream(pipe, progress is null ? null : () => progress.Report(source.Count), cancel), null), cancel);
            return extractor.LostAttributes;
        }
        finally
        {
            pipe.Abandon();
            Finish(producer, cancel);
        }
    }

    /// <summary>Extracts what a producer writes; progress counts the bytes of its tar.</summary>
    internal static LayerContent FromProducer(
        Action<TarWriter> produce, NewLayer layer, ImportLimits limits, IProgress<long>? progress, CancellationToken cancel)
    {
        long[] extracted = new long[1];
        return Run(
            pipe =>
            {
                TarWriter writer = new(pipe.Writer);
                produce(writer);
                writer.WriteEnd();
            },
            layer,
            limits,
            progress is null ? null : () => progress.Report(extracted[0] += BlockPipe.BlockSize),
            cancel);
    }

    private static LayerContent Run(
        Action<BlockPipe> produce, NewLayer layer, ImportLimits limits, Action? report, CancellationToken cancel)
    {
        using BlockPipe pipe = new(limits.MaxBytes);
        Task producer = Start(produce, pipe);
        try
        {
            (long size, long lost) = Extract(pipe, layer, limits, report, cancel);
            return new LayerContent(pipe.TakeDigest(), size, lost);
        }
        finally
        {
            pipe.Abandon();
            Finish(producer, cancel);
        }
    }

    /// <summary>The consumer: files, index, and what the layer's record needs to know.</summary>
    private static (long Size, long LostAttributes) Extract(
        BlockPipe pipe, NewLayer layer, ImportLimits limits, Action? report, CancellationToken cancel)
    {
        using LostFiles lost = new(layer.Directory);
        using TarIndexWriter index = new(OutputFile.Create(Path.Join(layer.Directory, TarIndexFormat.FileName)));
        using LayerExtractor extractor = new((int)layer.Files.DangerousGetHandle(), limits, index, lost);
        extractor.Run(new TarReader(new PipeStream(pipe, report, cancel), index), cancel);
        index.Finish(pipe.Length);
        layer.TarSize = pipe.Length;
        layer.LostAttributes = extractor.LostAttributes;
        return (extractor.ContentBytes, extractor.LostAttributes);
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
            switch (source.Failure)
            {
                case null:
                    break;
                case EngineException known:
                    throw known;
                case Exception failure:
                    throw ReadFailed(failure);
            }

            // Decompressors throw whatever they stumble over: index errors and null references count as damage too.
            throw e is EndOfStreamException ? ImageErrors.Truncated(e) : ImageErrors.DamagedArchive("its compressed data is damaged", e);
        }
    }

    private static EngineException ReadFailed(Exception e) => new(
        EngineErrorKind.ReadError, "ArchiveReadFailed", $"The archive cannot be read: {e.Message}", null,
        "Check that the file can be read and try again.", e);
}
