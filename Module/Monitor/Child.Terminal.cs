using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

internal static unsafe partial class Child
{
    /// <summary>
    /// Slot = a directory of the container's devpts, X = rows, Y = columns. A new pseudo-terminal becomes this session's controlling
    /// terminal and descriptors 0 to 2; the monitor gets the master over the report socket. The guide of a further program leaves the
    /// controlling to that program, whose session is another one, and has a socket of its own for the master.
    /// </summary>
    /// <remarks>
    /// Nothing of the container can stand in for it: the directory must be a devpts, in which nobody can make files, and neither a link
    /// nor a mount over it is followed to the ptmx. The slave has no path at all here (runc's console checks; CVE-2016-9962's kind).
    /// </remarks>
    private static int OpenTerminal(PlanStepData* step, int* slots)
    {
        int master = OpenMaster(slots[step->Slot]);
        if (master < 0)
        {
            return -master;
        }

        int unlock = 0;
        if (Libc.ioctl(master, Libc.TIOCSPTLCK, (nint)(&unlock)) < 0)
        {
            return Errno.Last;
        }

        int slave = Libc.ioctl(master, Libc.TIOCGPTPEER, Libc.O_RDWR | Libc.O_NOCTTY | Libc.O_CLOEXEC);
        if (slave < 0)
        {
            return Errno.Last;
        }

        int socket = slots[PlanFormat.TerminalSlot];
        bool guide = socket >= 0;

        // Before anybody can look: a program that asks for the size first thing gets the right one.
        Libc.winsize size = new() { ws_row = (ushort)step->X, ws_col = (ushort)step->Y };
        if (Libc.ioctl(master, Libc.TIOCSWINSZ, (nint)(&size)) < 0 || (!guide && Libc.ioctl(slave, Libc.TIOCSCTTY, 0) < 0)
            || Libc.dup2(slave, 0) < 0 || Libc.dup2(slave, 1) < 0 || Libc.dup2(slave, 2) < 0)
        {
            return Errno.Last;
        }

        int* message = stackalloc int[2] { PlanFormat.TerminalStep, 0 };
        int errno = Libc.SendWithDescriptors(
            guide ? socket : ReportDescriptor, (byte*)message, 8, new ReadOnlySpan<int>(&master, 1), Libc.MSG_NOSIGNAL) < 0 ? Errno.Last : 0;
        Libc.close(slave);
        Libc.close(master); // Whoever has a master can type into the terminal of others.
        return errno;
    }

    /// <returns>The descriptor, or a negated errno.</returns>
    private static int OpenMaster(int directory)
    {
        const uint Major = 5;
        const uint Minor = 2;
        Libc.statfs_t fileSystem;
        if (Libc.fstatfs(directory, &fileSystem) < 0)
        {
            return -Errno.Last;
        }

        if (fileSystem.f_type != Libc.DEVPTS_SUPER_MAGIC)
        {
            return -Errno.ENODEV;
        }

        Libc.open_how how = default;
        how.flags = (ulong)(uint)(Libc.O_RDWR | Libc.O_NOCTTY | Libc.O_CLOEXEC);
        how.resolve = Libc.RESOLVE_BENEATH | Libc.RESOLVE_NO_XDEV | Libc.RESOLVE_NO_SYMLINKS;
        ReadOnlySpan<byte> name = "ptmx\0"u8;
        int master;
        fixed (byte* text = name)
        {
            master = Libc.openat2(directory, text, &how);
        }

        if (master < 0)
        {
            return -Errno.Last;
        }

        Libc.statx_t status;
        if (Libc.statx(master, Empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) < 0)
        {
            return -Errno.Last;
        }

        return status.stx_rdev_major == Major && status.stx_rdev_minor == Minor ? master : -Errno.ENODEV;
    }

    /// <summary>Slot = the file that becomes the console: the terminal of this process is mounted on it, as docker and runc do.</summary>
    private static int AttachConsole(PlanStepData* step, int* slots)
    {
        int tree = Libc.open_tree(0, Empty, Libc.OPEN_TREE_CLONE | Libc.OPEN_TREE_CLOEXEC | Libc.AT_EMPTY_PATH);
        if (tree < 0)
        {
            return Errno.Last;
        }

        int errno = MoveMount(tree, slots[step->Slot]);
        Libc.close(tree);
        return errno;
    }

    /// <summary>
    /// The program in a foreground group of its own: Ctrl+C reaches it from the terminal, and must not reach it a second time from the
    /// init that passes signals on. SIGTTOU is blocked here, as all signals are: a process of the background may do this.
    /// </summary>
    private static int TakeForeground()
    {
        int group = Libc.getpid();
        return Libc.setpgid(0, 0) < 0 ? Errno.Last : Check(Libc.ioctl(0, Libc.TIOCSPGRP, (nint)(&group)));
    }
}
