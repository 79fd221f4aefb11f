using System.Security.Cryptography;

namespace Containers.Engine.Images;

/// <summary>The regular files of an archive or directory, found by name. Streams of several members may be open side by side.</summary>
internal abstract class ArchiveMembers : IDisposable
{
    /// <summary>As for an image's configuration; whatever is a document is refused beyond (S23).</summary>
    internal const int MaxDocumentBytes = 4 << 20;

    /// <summary>Path of the archive, for messages.</summary>
    internal abstract string Subject { get; }

    internal abstract bool Contains(string name);

    /// <summary>The directories on the first level.</summary>
    internal abstract IEnumerable<string> Directories();

    /// <summary>Length in bytes.</summary>
    /// <exception cref="EngineException">As <see cref="Open"/>.</exception>
    internal abstract long Length(string name);

    /// <summary>A member from its beginning; any thread.</summary>
    /// <exception cref="EngineException">
    /// DamagedArchive: it is not there. UnsafeArchiveEntry: its name or link leads out of the archive.
    /// </exception>
    internal abstract Stream Open(string name);

    /// <summary>A whole document.</summary>
    /// <exception cref="EngineException">As <see cref="Open"/>; ArchiveLimitExceeded: longer than 4 MiB.</exception>
    internal byte[] Read(string name)
    {
        long length = Length(name);
        if (length > MaxDocumentBytes)
        {
            throw ImageErrors.Limit($"'{name}' is longer than 4 MiB", "Do not use this archive.");
        }

        byte[] content = new byte[length];
        try
        {
            using Stream stream = Open(name);
            stream.ReadExactly(content);
        }
        catch (EndOfStreamException e)
        {
            throw ImageErrors.Truncated(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ArchiveErrors.ReadFailed(Subject, e);
        }

        return content;
    }

    /// <summary>A whole document that must be what its digest says.</summary>
    /// <exception cref="EngineException">As <see cref="Read(string)"/>; DigestMismatch.</exception>
    internal byte[] Read(string name, Digest digest)
    {
        byte[] content = Read(name);
        byte[] hash = digest.Algorithm == "sha512" ? SHA512.HashData(content) : SHA256.HashData(content);
        return Convert.ToHexStringLower(hash) == digest.Hex ? content : throw ArchiveErrors.DigestMismatch(name, digest);
    }

    public abstract void Dispose();
}
