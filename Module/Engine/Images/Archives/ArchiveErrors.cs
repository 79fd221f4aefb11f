using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>The failures of loading and saving that several files here raise, worded once.</summary>
internal static class ArchiveErrors
{
    internal static EngineException NotFound(string path) => new(
        EngineErrorKind.ObjectNotFound, "ArchiveNotFound", $"There is no file or directory '{path}'.", path, "Check the path.");

    internal static EngineException NotAnImage(string subject, string why, Exception? inner = null) => new(
        EngineErrorKind.InvalidData, "NotAnImageArchive", $"'{subject}' is no image archive: {why}.", subject,
        "Use Import-ContainerImage -AsRootFileSystem if it is the tar of a root file system.", inner);

    internal static EngineException Missing(string member) => ImageErrors.DamagedArchive($"'{member}' is not in it");

    internal static EngineException Unsafe(string member, string why) => new(
        EngineErrorKind.InvalidData, "UnsafeArchiveEntry", $"The archive's entry '{member}' is refused: {why}.", member,
        "Do not use this archive unless you know who made it.");

    internal static EngineException DigestMismatch(string member, Digest expected) => new(
        EngineErrorKind.InvalidData, "DigestMismatch", $"'{member}' is not what its digest '{expected}' says.", member,
        "Make or download the archive again.");

    internal static EngineException ReadFailed(string subject, Exception inner) => new(
        EngineErrorKind.ReadError, "ArchiveReadFailed", $"'{subject}' cannot be read: {inner.Message}", subject,
        "Check that the file can be read and try again.", inner);

    internal static EngineException NoDirectory(string subject, Exception inner) => new(
        EngineErrorKind.ObjectNotFound, "ArchiveWriteFailed", $"'{subject}' cannot be written: there is no directory '{Path.GetDirectoryName(subject)}'.",
        subject, "Make the directory, or choose another place.", inner);

    internal static EngineException WriteFailed(string subject, Exception inner) =>
        (inner is LinuxException linux ? linux.Errno : inner.HResult) is Errno.ENOSPC or Errno.EDQUOT
            ? new EngineException(
                EngineErrorKind.ResourceUnavailable, "DiskFull", $"There is no space left for '{subject}'.", subject,
                "Free space there, or choose another place.", inner)
            : new EngineException(
                EngineErrorKind.WriteError, "ArchiveWriteFailed", $"'{subject}' cannot be written: {inner.Message}", subject,
                "Check the target and try again.", inner);
}
