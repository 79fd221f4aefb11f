using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Linux;

namespace Containers.Engine.Storage;

/// <summary>
/// Container roots on overlayfs. The root is mounted by the new process in its own mount namespace: the host never sees it, and it is gone
/// with the last process, whatever is killed when (docs/adr/0005).
/// </summary>
internal sealed unsafe class OverlayDriver(string dataRoot) : IStorageDriver
{
    internal const string DriverName = "overlay";

    /// <summary>The page of options mount(2) takes.</summary>
    private const int OptionsSize = 4095;

    /// <summary>What would make the upper directory something else than the difference; off whatever the module's defaults are.</summary>
    private static readonly Lazy<string> s_plain = new(() => string.Concat(
        new[] { "redirect_dir", "metacopy", "index" }
            .Where(name => File.Exists("/sys/module/overlay/parameters/" + name)).Select(name => "," + name + "=off")));

    public string Name => DriverName;

    /// <summary>
    /// Two overlays of the same upper directory do not know of each other (Documentation/filesystems/overlayfs.rst, "Sharing and copying layers").
    /// </summary>
    public bool CanOpenRunning => false;

    /// <summary>Comma and option, for those that this kernel knows.</summary>
    internal static string PlainOptions => s_plain.Value;

    public void Prepare(string containerDirectory, ImageRecord image, CancellationToken cancel)
    {
        Files.MakeDirectory(containerDirectory + "/layer", 0x1C0);
        Files.MakeDirectory(containerDirectory + "/layer/upper", 0x1ED);
        Files.MakeDirectory(containerDirectory + "/layer/work", 0x1C0);

        // It becomes the container's /, so it is as the image's is; of all layers the top one has the word.
        using RootedDirectory top = RootedDirectory.Open(dataRoot + "/" + image.LayerDirectories[0]);
        using RootedDirectory upper = RootedDirectory.Open(containerDirectory + "/layer/upper");
        Libc.statx_t status = RootedDirectory.StatHandle(top.Handle, "/");
        fixed (byte* native = NativePath.From(containerDirectory + "/layer/upper"))
        {
            if (Libc.fchownat(Libc.AT_FDCWD, native, status.stx_uid, status.stx_gid, Libc.AT_SYMLINK_NOFOLLOW) != 0
                || Libc.fchmodat(Libc.AT_FDCWD, native, status.stx_mode & 0xFFFu, 0) != 0)
            {
                throw new LinuxException("fchownat", containerDirectory + "/layer/upper", Errno.Last);
            }
        }
    }

    /// <exception cref="EngineException">TooManyLayers.</exception>
    public IReadOnlyList<LaunchStep> MountSteps(ImageRecord image, string containerId, string target, bool throwAway)
    {
        // Relative names from the data root: short, and free of characters that the options would need escaped.
        string own = "containers/" + containerId + "/layer/";
        string options = $"lowerdir={string.Join(':', image.LayerDirectories)},upperdir={own}upper,workdir={own}work{PlainOptions}"
            + (throwAway ? ",volatile" : "");
        if (options.Length > OptionsSize)
        {
            throw new EngineException(
                EngineErrorKind.LimitsExceeded, "TooManyLayers",
                $"The image has {image.LayerDirectories.Count} layers, more than one overlay can hold.", containerId,
                "Use an image with fewer layers.");
        }

        return [LaunchSteps.ChangeHostDirectory(dataRoot), LaunchSteps.Mount("overlay", target, "overlay", 0, options)];
    }

    /// <exception cref="EngineException">TooManyLayers.</exception>
    public IReadOnlyList<LaunchStep> ImageSteps(ImageRecord image, string place)
    {
        if (image.LayerDirectories.Count == 1)
        {
            return [LaunchSteps.OpenHost(Slot.Source, dataRoot + "/" + image.LayerDirectories[0], directory: true)];
        }

        string options = "lowerdir=" + string.Join(':', image.LayerDirectories);
        return options.Length <= OptionsSize
            ? [
                LaunchSteps.ChangeHostDirectory(dataRoot), LaunchSteps.Mount("overlay", place, "overlay", Libc.MS_RDONLY, options),
                LaunchSteps.OpenHost(Slot.Source, place, directory: true),
            ]
            : throw new EngineException(
                EngineErrorKind.LimitsExceeded, "TooManyLayers",
                $"The image has {image.LayerDirectories.Count} layers, more than one overlay can hold.", image.Id, "Use an image with fewer layers.");
    }

    /// <exception cref="EngineException">OverlayNotAvailable.</exception>
    public RootedDirectory OpenRoot(ImageRecord image, string? containerDirectory)
    {
        if (containerDirectory is null && image.LayerDirectories.Count == 1)
        {
            return RootedDirectory.Open(dataRoot + "/" + image.LayerDirectories[0]);
        }

        IEnumerable<string> upper = containerDirectory is null ? [] : [Path.GetRelativePath(dataRoot, Upper(containerDirectory))];
        return OverlayView.Open(dataRoot, [.. upper, .. image.LayerDirectories]);
    }

    /// <exception cref="EngineException">OverlayNotAvailable.</exception>
    public RootedDirectory OpenWritable(ImageRecord image, string containerDirectory) =>
        OverlayView.OpenWritable(dataRoot, image.LayerDirectories, Path.GetRelativePath(dataRoot, containerDirectory) + "/layer");

    public RootedDirectory OpenWritten(string containerDirectory) => RootedDirectory.Open(Upper(containerDirectory));

    public IEnumerable<ContainerChange> Changes(ImageRecord image, string containerDirectory, CancellationToken cancel)
    {
        ChangeList list = new();
        Walk(image, containerDirectory, list, null, MountPoints.Usual, cancel);
        return list.Changes;
    }

    public bool WriteDifference(
        ImageRecord image, string containerDirectory, IReadOnlyList<string>? paths, MountPoints hidden, DateTimeOffset? latest,
        TarWriter writer, CancellationToken cancel)
    {
        DifferenceWriter difference = new(writer, latest?.ToUnixTimeSeconds() ?? long.MaxValue, cancel);
        Walk(image, containerDirectory, difference, paths, hidden, cancel);
        return difference.Any;
    }

    public void Release(string containerDirectory)
    {
        // Plain directories: nothing to do.
    }

    /// <summary>Mounts an overlay nowhere.</summary>
    /// <param name="options">Name and value; null for a flag. The kernel takes 255 bytes for each.</param>
    /// <param name="attributes">MOUNT_ATTR_*.</param>
    /// <returns>A descriptor, or minus errno.</returns>
    internal static int TryMount(IReadOnlyList<(string Key, string? Value)> options, uint attributes)
    {
        fixed (byte* type = "overlay\0"u8)
        {
            int context = Libc.fsopen(type, Libc.FSOPEN_CLOEXEC);
            if (context < 0)
            {
                return -Errno.Last;
            }

            int mount = -1;
            int errno = options.Select(one => Configure(context, one.Key, one.Value)).FirstOrDefault(error => error != 0);
            if (errno == 0 && (Libc.fsconfig(context, Libc.FSCONFIG_CMD_CREATE, null, null, 0) < 0
                || (mount = Libc.fsmount(context, Libc.FSMOUNT_CLOEXEC, attributes)) < 0))
            {
                errno = Errno.Last;
            }

            _ = Libc.close(context);
            return mount >= 0 ? mount : -errno;
        }
    }

    internal static EngineException NotAvailable(int errno) => new(
        errno == Errno.EPERM ? EngineErrorKind.PermissionDenied : EngineErrorKind.NotImplemented, "OverlayNotAvailable",
        $"The kernel cannot mount overlay file systems here: {Errno.Describe(errno)}.", "overlay",
        "Run as root, and load the overlay module (modprobe overlay).", new LinuxException("mount", "overlay", errno));

    private static string Upper(string containerDirectory) => containerDirectory + "/layer/upper";

    private static int Configure(int context, string key, string? value)
    {
        fixed (byte* name = NativePath.From(key), text = value is null ? null : NativePath.From(value))
        {
            uint command = value is null ? Libc.FSCONFIG_SET_FLAG : Libc.FSCONFIG_SET_STRING;
            return Libc.fsconfig(context, command, name, text, 0) < 0 ? Errno.Last : 0;
        }
    }

    private void Walk(
        ImageRecord image, string containerDirectory, IDifferenceSink sink, IReadOnlyList<string>? paths, MountPoints hidden,
        CancellationToken cancel)
    {
        using RootedDirectory original = OpenRoot(image, null);
        using RootedDirectory upper = OpenWritten(containerDirectory);
        bool native = RedirectFinder.IsPlain(upper, cancel);
        using RootedDirectory changed = native ? upper : OpenRoot(image, containerDirectory);
        DifferenceWalker walker = new(
            sink, native ? DifferenceMode.Upper : DifferenceMode.Trees, new PathFilter(paths), hidden, new ImportLimits().MaxDepth, cancel);
        walker.Run((int)changed.Handle.DangerousGetHandle(), (int)original.Handle.DangerousGetHandle());
    }
}
