using System.Globalization;
using Containers.Engine.Linux;

namespace Containers.Engine.Storage;

/// <summary>What the data root's file system can do, found by trying it.</summary>
internal sealed unsafe class StorageProbe(string dataRoot)
{
    private readonly Lazy<string?> _overlay = new(() => TryOverlay(dataRoot));

    /// <summary>statfs(2)'s magic number of the data root, or of the nearest directory above that exists.</summary>
    internal long Magic => MagicOf(Existing(dataRoot));

    /// <summary>Type of the file system by name; the number in hexadecimal where it is a rare one.</summary>
    internal string FileSystem => Magic switch
    {
        Libc.EXT4_SUPER_MAGIC => "extfs",
        Libc.XFS_SUPER_MAGIC => "xfs",
        Libc.BTRFS_SUPER_MAGIC => "btrfs",
        Libc.TMPFS_MAGIC => "tmpfs",
        Libc.F2FS_SUPER_MAGIC => "f2fs",
        Libc.OVERLAYFS_SUPER_MAGIC => "overlayfs",
        Libc.NFS_SUPER_MAGIC => "nfs",
        Libc.FUSE_SUPER_MAGIC => "fuse",
        Libc.ZFS_SUPER_MAGIC => "zfs",
        long other => "0x" + other.ToString("x", CultureInfo.InvariantCulture),
    };

    /// <summary>
    /// Why overlay cannot be used here, as half a sentence; null where it can. On the file systems that overlay is known to work on only the
    /// kernel is asked: a try costs a mount and an unmount, which every first start of a session would pay.
    /// </summary>
    internal string? OverlayProblem(bool thorough)
    {
        if (Libc.geteuid() != 0)
        {
            return null; // Nothing can be tried, and nothing can be started.
        }

        bool known = Magic is Libc.EXT4_SUPER_MAGIC or Libc.BTRFS_SUPER_MAGIC or Libc.TMPFS_MAGIC or Libc.F2FS_SUPER_MAGIC;
        return known && !thorough ? (HasOverlay() ? null : "the kernel has no overlay file system") : _overlay.Value;
    }

    /// <summary>/proc/filesystems lists a module only once it is loaded; asking for the file system loads it, as a start would.</summary>
    internal static bool HasOverlay()
    {
        fixed (byte* name = "overlay\0"u8)
        {
            int fd = Libc.fsopen(name, Libc.FSOPEN_CLOEXEC);
            if (fd >= 0)
            {
                _ = Libc.close(fd);
            }

            return fd >= 0 || Errno.Last != Errno.ENODEV; // Without root EPERM: nothing can be said.
        }
    }

    /// <summary>Whether names come with their types (readdir(3), d_type), which overlay needs of the upper directory.</summary>
    internal bool SuppliesTypes()
    {
        int fd = Files.Open(Existing(dataRoot), Libc.O_RDONLY | Libc.O_DIRECTORY);
        if (fd < 0)
        {
            return false;
        }

        byte* buffer = stackalloc byte[4096];
        DirectoryReader reader = new(fd, buffer, 4096);
        bool supplies = !reader.Next() || reader.Type != 0;
        _ = Libc.close(fd);
        return supplies;
    }

    /// <summary>Whether files can share data.</summary>
    internal bool CanShareData()
    {
        string folder = Existing(dataRoot);
        string one = folder + "/.probe-" + Guid.NewGuid().ToString("N")[..12];
        string two = one + "-2";
        try
        {
            Files.Write(one, "x"u8, 0x180);
            int from = Files.Open(one, Libc.O_RDONLY);
            int to = Files.Open(two, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW, 0x180);
            bool shared = from >= 0 && to >= 0 && Libc.ioctl(to, Libc.FICLONE, from) == 0;
            _ = from >= 0 ? Libc.close(from) : 0;
            _ = to >= 0 ? Libc.close(to) : 0;
            return shared;
        }
        catch (LinuxException)
        {
            return false; // Read-only or full: it cannot now.
        }
        finally
        {
            SmallFile.Remove(one);
            SmallFile.Remove(two);
        }
    }

    internal static string Existing(string path)
    {
        while (!Directory.Exists(path))
        {
            path = Path.GetDirectoryName(path) ?? "/";
        }

        return path;
    }

    private static long MagicOf(string path)
    {
        Libc.statfs_t status;
        fixed (byte* native = NativePath.From(path))
        {
            return Libc.statfs(native, &status) == 0 ? status.f_type : 0;
        }
    }

    /// <summary>Mounts a writable overlay on the data root, nowhere.</summary>
    private static string? TryOverlay(string dataRoot)
    {
        if (!HasOverlay())
        {
            return "the kernel has no overlay file system";
        }

        string folder = Existing(dataRoot) + "/.probe-" + Guid.NewGuid().ToString("N")[..12];
        try
        {
            foreach (string name in new[] { "", "/lower", "/upper", "/work" })
            {
                Files.MakeDirectory(folder + name, 0x1C0);
            }

            // Escaped is the list of lower directories only: the other two are taken as they are.
            using RootedDirectory root = OverlayDriver.Mount(OverlayDriver.Escape(folder + "/lower"), (folder + "/upper", folder + "/work"), 0);
            return null;
        }
        catch (EngineException e) when (e.InnerException is LinuxException cause)
        {
            return "overlay cannot be mounted there: " + Errno.Describe(cause.Errno);
        }
        catch (LinuxException e)
        {
            return "nothing can be written there: " + Errno.Describe(e.Errno);
        }
        finally
        {
            FileTree.Remove(folder);
        }
    }
}
