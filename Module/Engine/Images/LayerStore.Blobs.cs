using System.Text.Json;
using System.Text.Json.Serialization;
using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>What is known about a layer besides its content, and who uses it right now.</summary>
internal sealed unsafe partial class LayerStore
{
    private const string BlobsName = "blobs.json";
    private const int MaxBlobs = 16;

    /// <summary>Blobs that are known to hold this layer, newest first.</summary>
    internal IReadOnlyList<LayerBlob> Blobs(Digest diffId)
    {
        try
        {
            byte[]? json = SmallFile.Read(Path.Join(DirectoryOf(diffId), BlobsName), MaxRecordBytes);
            LayerBlob[]? blobs = json is null ? null : JsonSerializer.Deserialize(json, LayerBlobsJsonContext.Default.LayerBlobArray);
            return [.. (blobs ?? []).Where(blob => blob is { Size: >= 0 } && Digest.TryParse(blob.Digest, out _)).Take(MaxBlobs)];
        }
        catch (Exception e) when (e is LinuxException or JsonException)
        {
            // It saves work and says nothing that cannot be found out again: a damaged one is as good as none.
            return [];
        }
    }

    /// <summary>Keeps what a pull, push or compression found out; at most 16 for a layer. Losing one costs time only.</summary>
    internal void Remember(Digest diffId, LayerBlob blob)
    {
        IReadOnlyList<LayerBlob> known = Blobs(diffId);
        if (known.Count > 0 && known[0] == blob)
        {
            return;
        }

        LayerBlob[] blobs =
        [
            .. known.Where(other => other.Digest != blob.Digest || other.Repository != blob.Repository).Take(MaxBlobs - 1).Prepend(blob),
        ];
        try
        {
            SmallFile.Replace(
                Path.Join(DirectoryOf(diffId), BlobsName), JsonSerializer.SerializeToUtf8Bytes(blobs, LayerBlobsJsonContext.Default.LayerBlobArray));
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOSPC or Errno.EDQUOT or Errno.EROFS or Errno.EACCES)
        {
            // The layer has gone meanwhile, or there is no room: a push that worked does not fail for that.
        }
    }

    /// <summary>Keeps a complete layer from being removed until it is disposed; null where there is no such layer, or it is damaged.</summary>
    /// <param name="marked">Also one that a check found damaged.</param>
    internal IDisposable? Pin(Digest diffId, bool marked = false)
    {
        string directory = DirectoryOf(diffId);
        SafeFileHandle handle;
        try
        {
            handle = SmallFile.OpenDirectory(directory);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            return null;
        }

        try
        {
            // Who removes a layer locks it, then renames it: what is locked here and still has its name stays.
            if (TryLock(handle, Libc.LOCK_SH) && IsAt(handle, directory) && (marked ? IsThere(diffId) : IsComplete(diffId)))
            {
                SafeFileHandle pin = handle;
                handle = new SafeFileHandle();
                return pin;
            }

            return null;
        }
        finally
        {
            handle.Dispose();
        }
    }

    private static bool IsAt(SafeFileHandle handle, string path)
    {
        Libc.statx_t there;
        fixed (byte* native = NativePath.From(path))
        {
            if (Libc.statx(Libc.AT_FDCWD, native, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, &there) != 0)
            {
                return false;
            }
        }

        Libc.statx_t here = RootedDirectory.StatHandle(handle, path);
        return here.stx_ino == there.stx_ino && here.stx_dev_major == there.stx_dev_major && here.stx_dev_minor == there.stx_dev_minor;
    }
}

/// <summary>A blob that holds a layer.</summary>
internal sealed record LayerBlob
{
    public required string Digest { get; init; }

    /// <summary>Bytes.</summary>
    public required long Size { get; init; }

    public required string MediaType { get; init; }

    /// <summary>domain/repository where it is; null for one that was only computed here.</summary>
    public string? Repository { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(LayerBlob[]))]
internal sealed partial class LayerBlobsJsonContext : JsonSerializerContext;
