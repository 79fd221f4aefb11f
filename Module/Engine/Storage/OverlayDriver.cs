using Containers.Engine.Launch;
using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Storage;

/// <summary>
/// Container roots on overlayfs. The root is mounted by the new process in its own mount namespace: the host never sees it, and it is gone
/// with the last process, whatever is killed when (docs/adr/0005).
/// </summary>
internal sealed unsafe class OverlayDriver(string dataRoot)
{
    /// <summary>The page of options mount(2) takes.</summary>
    private const int OptionsSize = 4095;

    internal const string Name = "overlay";

    /// <summary>Makes the directories of a new container's own layer.</summary>
    internal static void Prepare(string containerDirectory)
    {
        Files.MakeDirectory(containerDirectory + "/layer", 0x1C0);
        Files.MakeDirectory(containerDirectory + "/layer/upper", 0x1ED); // 0755: it becomes the container's /
        Files.MakeDirectory(containerDirectory + "/layer/work", 0x1C0);
    }

    /// <summary>The steps that mount a container's root.</summary>
    /// <param name="layers">Layer directories relative to the data root, top first.</param>
    /// <param name="id">The container.</param>
    /// <param name="target">Where.</param>
    /// <param name="throwAway">The layer is deleted at the end: it need not be written to the disk when it is unmounted.</param>
    /// <exception cref="EngineException">TooManyLayers.</exception>
    internal IReadOnlyList<LaunchStep> MountSteps(IReadOnlyList<string> layers, string id, string target, bool throwAway)
    {
        // Relative names from the data root: short, and free of characters that the options would need escaped.
        string own = "containers/" + id + "/layer/";
        string options = $"lowerdir={string.Join(':', layers)},upperdir={own}upper,workdir={own}work{(throwAway ? ",volatile" : "")}";
        if (options.Length > OptionsSize)
        {
            throw new EngineException(
                EngineErrorKind.LimitsExceeded, "TooManyLayers", $"The image has {layers.Count} layers, more than one overlay can hold.", id,
                "Use an image with fewer layers.");
        }

        return [LaunchSteps.ChangeHostDirectory(dataRoot), LaunchSteps.Mount("overlay", target, "overlay", 0, options)];
    }

    /// <summary>The root as the container will see it, to look things up in: mounted nowhere, read-only.</summary>
    /// <param name="layers">Layer directories relative to the data root, top first.</param>
    /// <param name="upper">The container's own layer, when it has been used.</param>
    /// <exception cref="EngineException">OverlayNotAvailable.</exception>
    internal RootedDirectory OpenView(IReadOnlyList<string> layers, string? upper)
    {
        List<string> all = [.. upper is null ? [] : new[] { upper }, .. layers.Select(layer => dataRoot + "/" + layer)];
        if (all.Count == 1)
        {
            return RootedDirectory.Open(all[0]);
        }

        fixed (byte* type = "overlay\0"u8, lowerdir = "lowerdir\0"u8, options = NativePath.From(string.Join(':', all.Select(Escape))))
        {
            int context = Libc.fsopen(type, Libc.FSOPEN_CLOEXEC);
            if (context < 0)
            {
                throw NotAvailable(Errno.Last);
            }

            int mount = -1;
            int errno = 0;
            if (Libc.fsconfig(context, Libc.FSCONFIG_SET_STRING, lowerdir, options, 0) < 0
                || Libc.fsconfig(context, Libc.FSCONFIG_CMD_CREATE, null, null, 0) < 0
                || (mount = Libc.fsmount(context, Libc.FSMOUNT_CLOEXEC, Libc.MOUNT_ATTR_RDONLY)) < 0)
            {
                errno = Errno.Last;
            }

            Libc.close(context);
            return mount >= 0 ? new RootedDirectory(new SafeFileHandle(mount, ownsHandle: true)) : throw NotAvailable(errno);
        }
    }

    internal static EngineException NotAvailable(int errno) => new(
        errno == Errno.EPERM ? EngineErrorKind.PermissionDenied : EngineErrorKind.NotImplemented, "OverlayNotAvailable",
        $"The kernel cannot mount overlay file systems here: {Errno.Describe(errno)}.", "overlay",
        "Run as root, and load the overlay module (modprobe overlay).", new LinuxException("mount", "overlay", errno));

    private static string Escape(string path) =>
        path.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal);
}
