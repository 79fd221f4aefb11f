using System.IO.Compression;
using SharpCompress.Compressors.BZip2;
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
        CountingStream counting = new(source);
        ReadOnlySpan<byte> magic = counting.Peek(MagicLength);
        if (magic is [0x1F, 0x8B, ..])
        {
            content = new GZipStream(counting, CompressionMode.Decompress);
        }
        else if (magic.StartsWith("BZh"u8))
        {
            content = BZip2Stream.Create(
                counting, SharpCompress.Compressors.CompressionMode.Decompress, true, true, false);
        }
        else if (XzStreams.IsMagic(magic))
        {
            content = new XzStreams(counting);
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
