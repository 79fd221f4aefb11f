using System.Runtime.ExceptionServices;
using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Storage;

/// <summary>Overlays of some directories, mounted nowhere.</summary>
internal static unsafe class OverlayView
{
    private const int StackSize = 256 * 1024;

    /// <param name="directories">Relative to the data root, top first; two at least.</param>
    /// <exception cref="EngineException">OverlayNotAvailable.</exception>
    internal static RootedDirectory Open(string dataRoot, IReadOnlyList<string> directories)
    {
        // fsconfig(2) takes 255 bytes at a time: one directory each since Linux 6.8 ("lowerdir+"), not a list.
        List<(string Key, string? Value)> options = [.. directories.Select(one => ("lowerdir+", (string?)(dataRoot + "/" + one)))];
        int mount = OverlayDriver.TryMount(options, Libc.MOUNT_ATTR_RDONLY);
        if (mount == -Errno.EINVAL)
        {
            mount = OnOwnThread(() => MountWithPage(dataRoot, "lowerdir=" + string.Join(':', directories), Libc.MS_RDONLY));
        }

        return mount >= 0 ? new RootedDirectory(new SafeFileHandle(mount, ownsHandle: true)) : throw OverlayDriver.NotAvailable(-mount);
    }

    /// <summary>An overlay that is written to.</summary>
    /// <param name="layers">Relative to the data root, top first.</param>
    /// <param name="own">Relative to it, too: what has "upper" and "work" in it.</param>
    /// <exception cref="EngineException">OverlayNotAvailable.</exception>
    internal static RootedDirectory OpenWritable(string dataRoot, IReadOnlyList<string> layers, string own)
    {
        List<(string Key, string? Value)> options =
        [
            .. layers.Select(one => ("lowerdir+", (string?)(dataRoot + "/" + one))),
            ("upperdir", $"{dataRoot}/{own}/upper"),
            ("workdir", $"{dataRoot}/{own}/work"),
            .. OverlayDriver.PlainOptions.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split('='))
                .Select(pair => (pair[0], (string?)pair[1])),
        ];
        int mount = OverlayDriver.TryMount(options, 0);
        if (mount == -Errno.EINVAL)
        {
            string page = $"lowerdir={string.Join(':', layers)},upperdir={own}/upper,workdir={own}/work{OverlayDriver.PlainOptions}";
            mount = OnOwnThread(() => MountWithPage(dataRoot, page, 0));
        }

        return mount >= 0 ? new RootedDirectory(new SafeFileHandle(mount, ownsHandle: true)) : throw OverlayDriver.NotAvailable(-mount);
    }

    /// <summary>
    /// mount(2) takes a page of options, but a place: a mount namespace that only this thread is in and that is gone with it. The descriptor
    /// keeps the mount.
    /// </summary>
    /// <returns>A descriptor, or minus errno.</returns>
    private static int MountWithPage(string dataRoot, string page, ulong flags)
    {
        const int Flags = (int)Libc.CLONE_NEWNS;
        fixed (byte* slash = "/\0"u8, overlay = "overlay\0"u8, layers = "layers\0"u8, root = NativePath.From(dataRoot),
            options = NativePath.From(page))
        {
            if (Libc.unshare(Flags) < 0
                || Libc.mount(null, slash, null, Libc.MS_REC | Libc.MS_PRIVATE, null) < 0
                || Libc.chdir(root) < 0
                || Libc.mount(overlay, layers, overlay, flags, options) < 0)
            {
                return -Errno.Last;
            }

            int fd = Libc.openat(Libc.AT_FDCWD, layers, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
            return fd >= 0 ? fd : -Errno.Last;
        }
    }

    private static int OnOwnThread(Func<int> work)
    {
        int result = 0;
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(
            () =>
            {
                try
                {
                    result = work();
                }
                catch (Exception e)
                {
                    failure = ExceptionDispatchInfo.Capture(e);
                }
            },
            StackSize)
        {
            IsBackground = true, Name = "Containers: overlay view",
        };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }
}
