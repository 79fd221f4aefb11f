using Containers.Engine.Linux;

namespace Containers.Engine.Volumes;

internal static class VolumeErrors
{
    internal static EngineException NotFound(string name) => new(
        EngineErrorKind.ObjectNotFound, "VolumeNotFound", $"There is no volume \"{name}\".", name,
        "Run Get-ContainerVolume to list the volumes of this host, or make it: New-ContainerVolume -Name " + name);

    internal static EngineException Exists(string name) => new(
        EngineErrorKind.ResourceExists, "VolumeExists", $"There is a volume \"{name}\" already.", name,
        "Choose another name, or use -IfNotExists where it is what you want.");

    internal static EngineException Damaged(string name, string why, Exception? inner = null) => new(
        EngineErrorKind.InvalidData, "VolumeDamaged", $"The volume \"{name}\" is damaged: {why}", name,
        $"Restore its directory, or remove it: Remove-ContainerVolume {name}", inner);

    /// <param name="name">The volume.</param>
    /// <param name="users">Names of containers.</param>
    /// <param name="action">What helps.</param>
    internal static EngineException InUse(string name, IEnumerable<string> users, string action) => new(
        EngineErrorKind.ResourceBusy, "VolumeInUse",
        $"The volume \"{name}\" is used by {string.Join(", ", users.Select(user => $"\"{user}\""))}.", name, action);

    internal static EngineException Busy(string name) => new(
        EngineErrorKind.OperationTimeout, "VolumeBusy", $"Another session has been working on the volume \"{name}\" for a minute.", name,
        "Wait for it, or end that session.");

    /// <summary>Gives a failed call on a volume's files its meaning.</summary>
    internal static EngineException From(LinuxException e, string name) => e.Errno switch
    {
        Errno.ENOSPC or Errno.EDQUOT => new EngineException(
            EngineErrorKind.ResourceUnavailable, "DiskFull", $"There is no room for the volume \"{name}\": {e.Message}.", name,
            "Free space under the data root.", e),
        Errno.EPERM or Errno.EACCES => new EngineException(
            EngineErrorKind.PermissionDenied, "VolumeDenied", $"The volume \"{name}\" cannot be read or written: {e.Message}.", name, "Run as root.", e),
        _ => new EngineException(
            EngineErrorKind.WriteError, "VolumeFailed", $"The volume \"{name}\" cannot be read or written: {e.Message}.", name,
            "Check the file system that holds the data root.", e),
    };
}
