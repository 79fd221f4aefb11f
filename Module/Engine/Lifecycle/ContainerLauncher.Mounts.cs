using Containers.Engine.Launch;
using Containers.Engine.Linux;

namespace Containers.Engine.Lifecycle;

/// <summary>Where the mounts of a container come from.</summary>
internal sealed partial class ContainerLauncher
{
    private static PlannedMount PlanMount(MountSpec mount) => mount.Type switch
    {
        MountType.Tmpfs => PlannedMount.Tmpfs(mount),
        MountType.Bind => PlannedMount.Bind(mount),
        _ => throw new EngineException(
            EngineErrorKind.NotImplemented, "MountTypeNotSupported", $"Mounts of the type {mount.Type} are not there yet.", mount.Target, null),
    };

    /// <summary>What docker 1.2 makes of a source that is not there, whoever asked for it with -Volume.</summary>
    private static void MakeSources(ContainerRecord record)
    {
        foreach (MountSpec mount in record.Spec.Storage.Mounts.Where(mount => mount is { Type: MountType.Bind, CreateSource: true }))
        {
            if (!Path.Exists(mount.Source))
            {
                try
                {
                    Files.MakeDirectories(mount.Source, 0x1ED); // 0755
                }
                catch (LinuxException e)
                {
                    throw new EngineException(
                        e.Errno is Errno.EACCES or Errno.EPERM ? EngineErrorKind.PermissionDenied : EngineErrorKind.ResourceUnavailable,
                        "MountSourceNotMade",
                        $"The directory \"{mount.Source}\", which container \"{record.Name}\" mounts, cannot be made: {Errno.Describe(e.Errno)}.",
                        mount.Source, "Make it, or choose another source.", e);
                }
            }
        }
    }
}
