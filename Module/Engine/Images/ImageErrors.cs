using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>The failures that several parts of this folder raise, worded once.</summary>
internal static class ImageErrors
{
    internal static EngineException DamagedArchive(string why, Exception? inner = null) => new(
        EngineErrorKind.InvalidData, "DamagedArchive", $"The archive cannot be read: {why}.", null,
        "Make or download the archive again.", inner);

    internal static EngineException Truncated(Exception? inner = null) => new(
        EngineErrorKind.InvalidData, "TruncatedArchive", "The archive ends too early.", null,
        "Make or download the archive again; its end is missing.", inner);

    internal static EngineException Unsafe(ReadOnlySpan<byte> name, string why, Exception? inner = null)
    {
        string text = NativePath.ToText(name);
        return new EngineException(
            EngineErrorKind.InvalidData, "UnsafeArchiveEntry", $"The archive's entry '{text}' is refused: {why}.", text,
            "Do not use this archive unless you know who made it.", inner);
    }

    internal static EngineException Limit(string what, string action) => new(
        EngineErrorKind.LimitsExceeded, "ArchiveLimitExceeded", $"The archive is refused: {what}.", null, action);

    internal static EngineException DiskFull(string root, Exception? inner = null) => new(
        EngineErrorKind.ResourceUnavailable, "DiskFull", $"There is no space left under '{root}'.", root,
        $"Free space under {root}, for example with Remove-ContainerImage.", inner);

    internal static EngineException NotFound(string name) => new(
        EngineErrorKind.ObjectNotFound, "ImageNotFound", $"There is no image '{name}' on this host.", name,
        "Run Get-ContainerImage to list the images on this host.");

    /// <summary>Gives a failed call under the data root its meaning.</summary>
    internal static EngineException FromStore(LinuxException e, string root) => e.Errno switch
    {
        Errno.ENOSPC or Errno.EDQUOT => DiskFull(root, e),
        Errno.EPERM or Errno.EACCES => new EngineException(
            EngineErrorKind.PermissionDenied, "ImageStoreDenied", $"The image store '{root}' refused '{e.Call}' on '{e.Subject}'.", root,
            "Run as root.", e),
        Errno.EROFS => new EngineException(
            EngineErrorKind.WriteError, "ImageStoreReadOnly", $"The image store '{root}' is read-only.", root,
            "Make its file system writable, or set CONTAINERS_DATA_ROOT to another folder.", e),
        Errno.EMFILE or Errno.ENFILE => new EngineException(
            EngineErrorKind.LimitsExceeded, "TooManyOpenFiles", "There are too many open files.", root,
            "Raise the limit of open files (ulimit -n).", e),
        _ => new EngineException(
            EngineErrorKind.WriteError, "ImageStoreFailed", $"The image store '{root}' failed: {e.Message}.", root,
            "Check the file system that holds the store.", e),
    };
}
