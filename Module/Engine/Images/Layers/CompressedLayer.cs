using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>
/// A layer as a blob: what a registry or an OCI layout holds. The content is in a file without a name under the data root, gone with its handle.
/// </summary>
internal sealed class CompressedLayer(Digest digest, long size, string mediaType, SafeFileHandle content) : IDisposable
{
    internal Digest Digest { get; } = digest;

    /// <summary>Bytes.</summary>
    internal long Size { get; } = size;

    internal string MediaType { get; } = mediaType;

    /// <summary>The content from an offset on; several streams may be open at a time.</summary>
    internal Stream Open(long offset) => new FileSlice(content, offset, Size - offset);

    public void Dispose() => content.Dispose();
}
