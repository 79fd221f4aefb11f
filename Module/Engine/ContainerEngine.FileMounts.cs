using Containers.Engine.Copying;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;
using Containers.Engine.Storage;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine;

/// <summary>The volumes and binds of containers that do not run, as a copy sees them.</summary>
public sealed partial class ContainerEngine
{
    /// <summary>
    /// Puts what the next start would mount into a view; a tmpfs is empty then, and left out. Owners are those on the disk, also where the mount
    /// maps them.
    /// </summary>
    private void AddMounts(FileView view, ContainerRecord record, bool write)
    {
        foreach (MountSpec mount in record.Spec.Storage.Mounts.Where(mount => mount.Type != MountType.Tmpfs).OrderBy(mount => mount.Target.Length))
        {
            if (TryOpenSource(mount, write, out SafeFileHandle? source))
            {
                bool directory = source is null || (RootedDirectory.StatHandle(source, mount.Source).stx_mode & Libc.S_IFMT) == Libc.S_IFDIR;
                view.Mount(new FileMount(mount.Target, source), create: write && directory);
            }
        }
    }

    /// <returns>False when there is nothing yet that could be mounted. True without a source: only a start can mount it.</returns>
    private bool TryOpenSource(MountSpec mount, bool write, out SafeFileHandle? source)
    {
        source = null;
        RootedDirectory? root;
        switch (mount.Type)
        {
            case MountType.Volume when _volumes.Find(mount.Source) is null:
                return false;
            case MountType.Volume when _volumes.Get(mount.Source).Options.Count > 0:
                return true;
            case MountType.Volume:
                root = _volumes.OpenData(mount.Source);
                break;
            case MountType.Image:
                root = Readable(mount.Source, () => _storage.Select(null).OpenRoot(Images.Open(mount.Source), null));
                break;
            default:
                root = TryOpenHost(mount.Source);
                break;
        }

        if (root is not null && mount.SubPath is { Length: > 0 } below)
        {
            using RootedDirectory whole = root;
            root = whole.TryOpenFile(below, Libc.O_PATH) is { } part ? new RootedDirectory(part) : null;
        }

        if (root is null)
        {
            return false;
        }

        // The kernel keeps what is read-only from being written, as it does while the container runs. Images are in any case.
        if (write && mount.ReadOnly && mount.Type != MountType.Image
            && ReadOnlyMount.TryOpen(root.Handle, mount is { Type: MountType.Bind, NonRecursive: false }, mount.Source) is { } readOnly)
        {
            root.Dispose();
            root = new RootedDirectory(readOnly);
        }

        source = root.Handle;
        return true;
    }

    private static unsafe RootedDirectory? TryOpenHost(string path)
    {
        int fd = Files.Open(path, Libc.O_PATH);
        return fd >= 0 ? new RootedDirectory(new SafeFileHandle(fd, ownsHandle: true))
            : -fd is Errno.ENOENT or Errno.ENOTDIR ? null : throw new LinuxException("open", path, -fd);
    }
}
