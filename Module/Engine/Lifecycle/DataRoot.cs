using Containers.Engine.Linux;

namespace Containers.Engine.Lifecycle;

/// <summary>The roots: made at first use, 0700, owned by the user, never writable by others (security.md S59, CVE-2021-41091).</summary>
internal static unsafe class DataRoot
{
    private const uint Private = 0x1C0; // 0700

    /// <exception cref="EngineException">DataRootNotWritable, DataRootNotSafe.</exception>
    internal static void Prepare(EnginePaths paths)
    {
        try
        {
            Make(paths.DataRoot);
            Make(paths.RunRoot);
            foreach (string directory in new[] { paths.Containers, paths.Names, paths.Trash, paths.RunContainers })
            {
                Files.MakeDirectory(directory, Private);
            }
        }
        catch (LinuxException e)
        {
            throw new EngineException(
                e.Errno is Errno.EACCES or Errno.EPERM or Errno.EROFS ? EngineErrorKind.PermissionDenied : EngineErrorKind.ResourceUnavailable,
                "DataRootNotWritable", $"\"{e.Subject}\" cannot be made: {Errno.Describe(e.Errno)}.", e.Subject,
                "Run as root, or set CONTAINERS_DATA_ROOT and CONTAINERS_RUN_ROOT to directories you can write to.", e);
        }
    }

    private static void Make(string root)
    {
        if (Path.GetDirectoryName(root) is { } parent)
        {
            Files.MakeDirectories(parent, 0x1ED); // 0755
        }

        Files.MakeDirectory(root, Private);
        Check(root);
    }

    /// <summary>The same judgement without making anything: a root that does not exist yet is as good as a safe one.</summary>
    /// <exception cref="EngineException">DataRootNotSafe.</exception>
    internal static void Verify(EnginePaths paths)
    {
        Check(paths.DataRoot);
        Check(paths.RunRoot);
    }

    private static void Check(string root)
    {
        int fd = Files.Open(root, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        if (fd == -Errno.ENOENT)
        {
            return;
        }

        if (fd is -Errno.ELOOP or -Errno.ENOTDIR)
        {
            throw NotSafe(root, "is a link or no directory");
        }

        if (fd < 0)
        {
            throw new LinuxException("open", root, -fd);
        }

        Libc.statx_t status;
        byte empty = 0;
        int result = Libc.statx(fd, &empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status);
        int errno = Errno.Last;
        Libc.close(fd);
        if (result < 0)
        {
            throw new LinuxException("statx", root, errno);
        }

        uint user = Libc.geteuid();
        if (status.stx_uid != user && status.stx_uid != 0)
        {
            throw NotSafe(root, "belongs to another user");
        }

        if ((status.stx_mode & 0x12) != 0) // group or others may write
        {
            throw NotSafe(root, "can be written by others");
        }
    }

    private static EngineException NotSafe(string root, string why) => new(
        EngineErrorKind.PermissionDenied, "DataRootNotSafe", $"The directory \"{root}\" {why}, so that its content cannot be trusted.", root,
        $"Run: chmod go-w '{root}', and check its owner.");
}
