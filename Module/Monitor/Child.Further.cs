using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

/// <summary>Steps of a further program in a container that runs: everything in there may be hostile, and may be watching.</summary>
internal static unsafe partial class Child
{
    /// <summary>
    /// The last thing before the program. Joining a process namespace takes effect for children only, which is just as well: until here no
    /// process of the container can see this one. What it sees from now on has the container's root, the program's rights and filter, no
    /// descriptor but stdio and the report pipe, and no path of the host in its command line; so a container that may trace processes gains
    /// nothing by being quick (CVE-2016-9962). It is the monitor's child and not this one's, which ends here.
    /// </summary>
    private static int EnterProcessNamespace(PlanHeader* plan)
    {
        if (Libc.close_range(ReportDescriptor + 1, uint.MaxValue, 0) < 0)
        {
            return Errno.Last;
        }

        HideArguments(plan, "containers-exec\0"u8);
        int pid = Libc.fork_sibling(); // Not clone3: the seccomp filter is in force, and its flags could not be filtered.
        if (pid < 0)
        {
            return Errno.Last;
        }

        if (pid > 0)
        {
            Report(ReportDescriptor, PlanFormat.EnteredStep, pid);
        }

        if ((plan->Flags & PlanFlags.Terminal) != 0)
        {
            // Only now: the terminal of a session is hung up, more or less, with its first process, and that one of the guide ends here.
            return Libc.setsid() < 0 || Libc.ioctl(0, Libc.TIOCSCTTY, 0) < 0 ? Errno.Last : 0;
        }

        Libc.setsid(); // Without: only the profile of a user may refuse it, and the group of the process that made it is as good.
        return 0;
    }

    /// <summary>Flags 1: standard input, Flags 2: standard output and error become the container's /dev/null.</summary>
    private static int OpenNull(PlanStepData* step)
    {
        int fd = OpenContainersNull();
        if (fd < 0)
        {
            fd = MakeNull();
        }

        if (fd < 0)
        {
            return Errno.Last;
        }

        int errno = 0;
        if ((step->Flags & 1) != 0)
        {
            errno = Check(Libc.dup2(fd, 0));
        }

        if ((step->Flags & 2) != 0 && errno == 0)
        {
            errno = Libc.dup2(fd, 1) < 0 || Libc.dup2(fd, 2) < 0 ? Errno.Last : 0;
        }

        Libc.close(fd);
        return errno;
    }

    /// <summary>The container may have put anything in its place: a fifo must not hold us up, and only the device itself will do.</summary>
    private static int OpenContainersNull()
    {
        ReadOnlySpan<byte> path = "/dev/null\0"u8;
        fixed (byte* text = path)
        {
            int fd = Libc.openat(
                Libc.AT_FDCWD, text, Libc.O_RDWR | Libc.O_NONBLOCK | Libc.O_NOFOLLOW | Libc.O_NOCTTY | Libc.O_CLOEXEC, 0);
            if (fd < 0)
            {
                return -1;
            }

            Libc.statx_t status;
            if (Libc.statx(fd, Empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) == 0
                && (status.stx_mode & Libc.S_IFMT) == Libc.S_IFCHR && status.stx_rdev_major == 1 && status.stx_rdev_minor == 3
                && Libc.fcntl(fd, Libc.F_SETFL, 0) == 0)
            {
                return fd;
            }

            Libc.close(fd);
            return -1;
        }
    }

    /// <summary>One of its own, on a file system that is mounted nowhere.</summary>
    private static int MakeNull()
    {
        const ulong NullDevice = 0x103; // makedev(1, 3)
        ReadOnlySpan<byte> type = "tmpfs\0"u8;
        ReadOnlySpan<byte> name = "null\0"u8;
        fixed (byte* typeText = type, nameText = name)
        {
            int context = Libc.fsopen(typeText, Libc.FSOPEN_CLOEXEC);
            if (context < 0 || Libc.fsconfig(context, Libc.FSCONFIG_CMD_CREATE, null, null, 0) < 0)
            {
                return -1;
            }

            int mount = Libc.fsmount(context, Libc.FSMOUNT_CLOEXEC, Libc.MOUNT_ATTR_NOSUID | Libc.MOUNT_ATTR_NOEXEC);
            Libc.close(context);
            if (mount < 0 || Libc.mknodat(mount, nameText, Libc.S_IFCHR | 0x1B6, NullDevice) < 0) // 0666
            {
                return -1;
            }

            int fd = Libc.openat(mount, nameText, Libc.O_RDWR | Libc.O_CLOEXEC, 0);
            Libc.close(mount);
            return fd;
        }
    }
}
