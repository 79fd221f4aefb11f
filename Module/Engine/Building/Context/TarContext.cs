using Containers.Engine.Building.Syntax;
using Containers.Engine.Images;
using Containers.Engine.Linux;

namespace Containers.Engine.Building.Context;

/// <summary>A context that comes as an archive: tar, plain or compressed with gzip, xz, bzip2 or zstd.</summary>
internal static class TarContext
{
    /// <summary>Contexts are people's sources; a terabyte, as images may have, is none.</summary>
    internal static ImportLimits DefaultLimits { get; } = new() { MaxBytes = 64L << 30, MaxEntries = 2_000_000 };

    /// <summary>
    /// Unpacks it by the rules for layers: every name resolved inside, nothing written through links. A stream that is no archive is taken for a
    /// Dockerfile, as docker build does.
    /// </summary>
    /// <param name="folder">Owned by the context from now on, also should this fail.</param>
    /// <exception cref="EngineException">UnsafeArchiveEntry, DamagedArchive, TruncatedArchive, ArchiveLimitExceeded, DiskFull.</exception>
    internal static BuildContext Open(
        Stream stream, string description, ContextFolder folder, ImportLimits limits, CancellationToken cancel, string? identity = null)
    {
        RootedDirectory? root = null;
        try
        {
            string directory = folder.MakeDirectory();
            root = RootedDirectory.Open(directory);
            SourceText? only = Unpack(stream, root, limits, cancel);
            return new BuildContext(root, description, folder) { OnlyFile = only, Identity = identity };
        }
        catch (Exception e)
        {
            root?.Dispose();
            folder.Dispose();
            if (e is LinuxException failed)
            {
                throw ImageErrors.FromStore(failed, folder.Path);
            }

            throw;
        }
    }

    /// <returns>The Dockerfile that the stream is; null where it was an archive.</returns>
    private static SourceText? Unpack(Stream stream, RootedDirectory root, ImportLimits limits, CancellationToken cancel)
    {
        try
        {
            CountingStream source = Decompression.Open(stream, out Stream content);
            using LimitedStream limited = new(content, limits.MaxBytes, source, limits, ownsInner: !ReferenceEquals(content, source));
            byte[] first = new byte[TarFormat.BlockSize];
            int length = limited.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
            bool isTar = length == first.Length && TarFormat.IsHeader(first);
            using PrefixedStream whole = new(first.AsMemory(0, length), limited);
            if (!isTar)
            {
                return ReadText(whole);
            }

            using LayerExtractor extractor = new((int)root.Handle.DangerousGetHandle(), limits, null, null) { IsContext = true };
            extractor.Run(new TarReader(whole), cancel);
            return null;
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or SharpCompress.Common.SharpCompressException)
        {
            throw ImageErrors.DamagedArchive(e.Message, e);
        }
    }

    private static SourceText ReadText(Stream stream)
    {
        using MemoryStream all = new();
        byte[] buffer = new byte[64 * 1024];
        for (int got = stream.Read(buffer); got > 0; got = stream.Read(buffer))
        {
            all.Write(buffer, 0, got);
            if (all.Length > SourceText.MaxBytes)
            {
                throw new EngineException(
                    EngineErrorKind.InvalidData, "BuildContextInvalid", "What was given as a build context is neither an archive nor a Dockerfile.", null,
                    "Give a tar archive, plain or compressed.");
            }
        }

        return SourceText.FromBytes(BuildContext.DefaultFile, all.GetBuffer().AsSpan(0, (int)all.Length));
    }
}
