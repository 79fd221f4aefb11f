using Containers.Engine.Linux;

namespace Containers.Engine.Copying;

/// <summary>What can go wrong with files of containers, worded once.</summary>
internal static class CopyErrors
{
    /// <summary>A path that was to be read.</summary>
    internal static EngineException Source(FileView view, string path, int errno, Exception? inner = null)
    {
        string label = Show(view, path);
        bool host = view.Place.Kind == FilePlaceKind.Host;
        return errno switch
        {
            Errno.ENOENT when host => new EngineException(
                EngineErrorKind.ObjectNotFound, "FileNotFound", $"There is no file \"{label}\".", label, "Check the path.", inner),
            Errno.ENOENT => new EngineException(
                EngineErrorKind.ObjectNotFound, "ContainerPathNotFound", $"There is no \"{label}\".", label, "Check the path.", inner),
            Errno.ENOTDIR => new EngineException(
                EngineErrorKind.InvalidArgument, "NotADirectory", $"\"{label}\" is no directory, or a part of it is none.", label, "Check the path.", inner),
            Errno.ELOOP => new EngineException(
                EngineErrorKind.InvalidArgument, "LinkNotFollowed",
                $"\"{label}\" goes through too many symbolic links, or through one that leads out of the container.", label,
                "Give the path that the link means.", inner),
            Errno.EMFILE or Errno.ENFILE => TooManyOpenFiles(label, inner),
            Errno.EACCES or Errno.EPERM => new EngineException(
                EngineErrorKind.PermissionDenied, "FileDenied", $"\"{label}\" may not be read.", label, "Run as root.", inner),
            Errno.ENAMETOOLONG => new EngineException(
                EngineErrorKind.InvalidArgument, "PathTooLong", $"\"{label}\" is too long for a path.", label, "Give a shorter path.", inner),
            _ => new EngineException(
                EngineErrorKind.ReadError, "FileUnreadable", $"\"{label}\" cannot be read: {Errno.Describe(errno)}.", label, null, inner),
        };
    }

    /// <summary>A call that was to write.</summary>
    internal static EngineException Target(FileView view, string path, LinuxException e)
    {
        string label = Show(view, path);
        return e.Errno switch
        {
            Errno.ENOSPC or Errno.EDQUOT => new EngineException(
                EngineErrorKind.ResourceUnavailable, "DiskFull", $"There is no space left for \"{label}\".", label,
                "Free space on the file system that holds it.", e),
            Errno.EROFS => ReadOnly(label, e),
            Errno.EMFILE or Errno.ENFILE => TooManyOpenFiles(label, e),
            Errno.EACCES or Errno.EPERM => new EngineException(
                EngineErrorKind.PermissionDenied, "FileNotWritten", $"\"{label}\" may not be written: {Errno.Describe(e.Errno)}.", label,
                "Run as root, or choose another destination.", e),
            _ => new EngineException(
                EngineErrorKind.WriteError, "FileNotWritten", $"\"{label}\" cannot be written: {e.Message}.", label, "Choose another destination.", e),
        };
    }

    internal static EngineException NotMounted(FileView view, string path) => new(
        EngineErrorKind.InvalidOperation, "VolumeNotMounted",
        $"\"{Show(view, path)}\" is a volume with options of its own, which is mounted only while the container runs.", Show(view, path),
        "Start the container first.");

    internal static EngineException ReadOnly(string label, Exception? inner = null) => new(
        EngineErrorKind.WriteError, "ReadOnlyDestination", $"\"{label}\" is read-only.", label,
        "Choose a destination that can be written: a volume, or another directory.", inner);

    internal static EngineException TooManyOpenFiles(string label, Exception? inner) => new(
        EngineErrorKind.LimitsExceeded, "TooManyOpenFiles", $"There are too many open files for \"{label}\".", label,
        "Raise the limit of open files (ulimit -n).", inner);

    internal static EngineException NotAFile(FileView view, string path) => new(
        EngineErrorKind.InvalidArgument, "NotAFile", $"\"{Show(view, path)}\" is no file with content.", Show(view, path),
        "Give the path of a regular file.");

    internal static EngineException TrailingSlash(FileView view, string path) => new(
        EngineErrorKind.InvalidArgument, "NotADirectory", $"\"{Show(view, path)}\" is no directory.", Show(view, path),
        "Leave out the slash at its end.");

    internal static EngineException NoParent(FileView view, string path) => new(
        EngineErrorKind.ObjectNotFound, "DestinationDirectoryNotFound", $"The directory for \"{Show(view, path)}\" does not exist.", Show(view, path),
        "Make the directory first, or give the path of one that exists.");

    internal static EngineException DirectoryOntoFile(FileView view, string path) => new(
        EngineErrorKind.ResourceExists, "DirectoryOntoFile", $"A directory cannot replace \"{Show(view, path)}\", which is none.", Show(view, path),
        "Remove it first, or choose another destination.");

    internal static EngineException FileOntoDirectory(FileView view, string path) => new(
        EngineErrorKind.ResourceExists, "FileOntoDirectory", $"\"{Show(view, path)}\" is a directory, which a file cannot replace.",
        Show(view, path), "Remove it first, or choose another destination.");

    internal static EngineException FileOntoSpecial(FileView view, string path, in Libc.statx_t there) => new(
        EngineErrorKind.ResourceExists, "FileOntoDevice", $"\"{Show(view, path)}\" is a {Kind(there)}, which a file cannot replace.",
        Show(view, path), "Choose another destination, or remove it first.");

    /// <summary>A device, FIFO or socket that was asked for by its path.</summary>
    internal static EngineException SpecialSource(FileView view, string path, in Libc.statx_t status)
    {
        bool socket = (status.stx_mode & Libc.S_IFMT) == Libc.S_IFSOCK;
        return new(
            EngineErrorKind.InvalidArgument, "NotAFile", $"\"{Show(view, path)}\" is a {Kind(status)}, which has no content to be copied.", Show(view, path),
            socket ? "Give the path of a regular file." : "Give the path of a regular file, or copy the device or FIFO itself with -Archive.");
    }

    /// <summary>A link of /proc that only processes of the container can read.</summary>
    internal static EngineException LinkUnreadable(FileView view, string path) => new(
        EngineErrorKind.ReadError, "FileUnreadable", $"The link \"{Show(view, path)}\" cannot be read from outside the container.", Show(view, path),
        "Read it inside the container.");

    internal static EngineException SameFile(FileView view, string path) => new(
        EngineErrorKind.InvalidArgument, "SameFile", $"\"{Show(view, path)}\" is the same file.", Show(view, path), "Choose another destination.");

    internal static EngineException IntoItself(FileView view, string path) => new(
        EngineErrorKind.InvalidArgument, "CopyIntoItself", $"\"{Show(view, path)}\" cannot be copied into itself.", Show(view, path),
        "Choose a destination outside of it.");

    internal static EngineException Endless(FileView view, string path, long limit) => new(
        EngineErrorKind.LimitsExceeded, "FileNeverEnds", $"\"{Show(view, path)}\" is a file of the kernel that gave {limit >> 20} MiB and no end.",
        Show(view, path), "Read it inside the container.");

    internal static EngineException TooDeep(FileView view, string path) => new(
        EngineErrorKind.LimitsExceeded, "TreeTooDeep", $"\"{Show(view, path)}\" lies too deep to be copied.", Show(view, path),
        "Copy a directory further down on its own.");

    private static string Kind(in Libc.statx_t status) => (status.stx_mode & Libc.S_IFMT) switch
    {
        Libc.S_IFIFO => "FIFO",
        Libc.S_IFSOCK => "socket",
        _ => "device",
    };

    private static string Show(FileView view, string path) => view.Place.Label(FileNameText.Show(path));
}
