namespace Containers.Engine.Images;

/// <summary>
/// tar.idx: a layer's archive without its contents, in zlib (RFC 1950). After the magic come pieces in the archive's order, each
/// a byte for its kind, then numbers in base 128 with the lowest digits first and the high bit where more follow.
/// </summary>
internal static class TarIndexFormat
{
    internal const string FileName = "tar.idx";

    /// <summary>The end. Then: bytes of the archive.</summary>
    internal const byte End = 0;

    /// <summary>Bytes that are repeated as they are. Then: their number, the bytes.</summary>
    internal const byte Raw = 1;

    /// <summary>The whole content of a file. Then: length of its path, the path, bytes of the file.</summary>
    internal const byte Content = 2;

    /// <summary>Parts of a file. Then: as for Content, the number of parts, offset and length of each.</summary>
    internal const byte Parts = 3;

    /// <summary>
    /// What was at a path until here is in the lost folder now, with all that was below it. Then: its number there, length of the
    /// path, the path.
    /// </summary>
    internal const byte Lost = 4;

    /// <summary>Most bytes of one Raw piece.</summary>
    internal const int MaxRaw = 64 * 1024;

    internal static ReadOnlySpan<byte> Magic => "ctars 1\n"u8;
}
