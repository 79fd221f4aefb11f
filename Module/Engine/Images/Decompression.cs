using System.IO.Compression;
using SharpCompress.Compressors.BZip2;
using SharpCompress.Compressors.Xz;
using SharpCompress.Compressors.ZStandard;

namespace Containers.Engine.Images;

/// <summary>Finds out by its first bytes how a stream is compressed, and reads through it.</summary>
internal static class Decompression
{
    private const int MagicLength = 6;
    private const int BufferSize = 128 * 1024;

    /// <summary>Wraps a source; its first bytes are read at once.</summary>
    internal static CountingStream Open(Stream source, out Stream content)
    {
        byte[] start = new byte[MagicLength];
        int length = source.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        ReadOnlyMemory<byte> prefix = start.AsMemory(0, length);
        CountingStream counting = new(source, prefix);
        ReadOnlySpan<byte> magic = prefix.Span;
        if (magic is [0x1F, 0x8B, ..])
        {
            content = new GZipStream(new BufferedStream(counting, BufferSize), CompressionMode.Decompress);
        }
        else if (magic.StartsWith("BZh"u8))
        {
            content = BZip2Stream.Create(
                new BufferedStream(counting, BufferSize), SharpCompress.Compressors.CompressionMode.Decompress, true, true, false);
        }
        else if (magic.SequenceEqual((ReadOnlySpan<byte>)[0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]))
        {
            content = new XZStream(new BufferedStream(counting, BufferSize));
        }
        else if (IsZstandard(magic))
        {
            content = new DecompressionStream(counting, BufferSize, true, true);
        }
        else
        {
            content = counting;
        }

        return counting;
    }

    /// <summary>A frame, or a skippable one before it (RFC 8878, 3.1).</summary>
    private static bool IsZstandard(ReadOnlySpan<byte> magic) =>
        magic is [0x28, 0xB5, 0x2F, 0xFD, ..] or [>= 0x50 and <= 0x5F, 0x2A, 0x4D, 0x18, ..];
}
