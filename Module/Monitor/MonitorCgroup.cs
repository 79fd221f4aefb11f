using Containers.Engine.Linux;

namespace Containers.Monitor;

/// <summary>
/// The cgroup of all monitors, beside those of the containers. systemd ends every process of a session, or of a service, together with
/// it: a monitor that is to outlive the session moves here, and the last one to leave removes the group.
/// </summary>
/// <param name="files">cgroup.procs of the group in each hierarchy that systemd follows: TOP/pwsh-containers/monitors/cgroup.procs.</param>
internal unsafe struct MonitorCgroup(byte** files)
{
    private const int MaximumPath = 512;

    private readonly byte** _files = files;
    private int _membership = -1;

    /// <returns>False when this process is still where it was, in one hierarchy at least.</returns>
    internal bool Join()
    {
        bool joined = true;
        for (byte** file = _files; *file != null; file++)
        {
            int errno = Errno.ENOENT;
            for (int attempt = 0; errno == Errno.ENOENT && attempt < 10; attempt++)
            {
                // Made anew when the last monitor of other containers removes it in this moment.
                MakeDirectory(*file, 2);
                MakeDirectory(*file, 1);
                errno = ContainerCgroup.WriteFile(*file, "0"u8);
            }

            joined &= errno == 0;
        }

        // Held shared as long as this process lives: whoever can have it alone is the last. It is not worth waiting for: the one
        // who has it fails to remove the group, now that we are in it.
        _membership = Open(_files[0]);
        Libc.flock(_membership, Libc.LOCK_SH | Libc.LOCK_NB);
        return joined;
    }

    /// <summary>Called when nothing is left to do but to end.</summary>
    internal readonly void Leave()
    {
        // Turning a shared lock into an exclusive one gives up the first before it asks for the second (flock(2)): of several
        // monitors that end together, the last one to ask gets it.
        if (_membership < 0 || Libc.flock(_membership, Libc.LOCK_EX | Libc.LOCK_NB) < 0)
        {
            return;
        }

        byte* top = stackalloc byte[MaximumPath];
        for (byte** file = _files; *file != null; file++)
        {
            // A group with a process in it cannot be removed: the last moments are spent at the top of the tree.
            int length = PathText.Cut(*file, 3);
            ReadOnlySpan<byte> name = "/cgroup.procs\0"u8;
            if (length + name.Length > MaximumPath)
            {
                return;
            }

            new ReadOnlySpan<byte>(*file, length).CopyTo(new Span<byte>(top, length));
            name.CopyTo(new Span<byte>(top + length, name.Length));
            ContainerCgroup.WriteFile(top, "0"u8);
            for (int attempt = 0; attempt < 20 && RemoveDirectory(*file, 1) == Errno.EBUSY; attempt++)
            {
                Libc.poll(null, 0, 5); // Another monitor gave up its lock, and has still to end.
            }

            RemoveDirectory(*file, 2);
        }
    }

    private static int Open(byte* file)
    {
        int length = PathText.Cut(file, 1);
        file[length] = 0;
        int fd = Libc.openat(Libc.AT_FDCWD, file, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
        file[length] = (byte)'/';
        return fd;
    }

    private static void MakeDirectory(byte* file, int levels)
    {
        int length = PathText.Cut(file, levels);
        file[length] = 0;
        Libc.mkdirat(Libc.AT_FDCWD, file, 0x1ED); // 0755
        file[length] = (byte)'/';
    }

    /// <returns>0 or an errno.</returns>
    private static int RemoveDirectory(byte* file, int levels)
    {
        int length = PathText.Cut(file, levels);
        file[length] = 0;
        int errno = Libc.unlinkat(Libc.AT_FDCWD, file, Libc.AT_REMOVEDIR) < 0 ? Errno.Last : 0;
        file[length] = (byte)'/';
        return errno;
    }
}
