using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

/// <summary>
/// Walks the plan in the new process, between clone3 and execve. This process is a copy of the monitor with one thread: it makes
/// raw system calls on memory prepared before and nothing else. No allocation, no exception, no lock, no static constructor.
/// Every routine returns 0 or an errno; the first errno ends the walk and travels to the monitor with the step's number.
/// </summary>
internal static unsafe partial class Child
{
    /// <summary>A slot that an optional path left empty: steps that use it do nothing.</summary>
    private const int Skipped = -2;

    /// <summary>Where the child keeps the pipe that reports failure; close-on-exec, so that its end means success.</summary>
    private const int ReportDescriptor = 3;

    /// <param name="plan">The plan.</param>
    /// <param name="container">A descriptor of the container's first process, or -1.</param>
    /// <param name="input">Becomes descriptor 0, unless it is -1.</param>
    /// <param name="output">Becomes descriptor 1, unless it is -1.</param>
    /// <param name="error">Becomes descriptor 2, unless it is -1.</param>
    /// <param name="report">Write end of the report pipe.</param>
    /// <param name="terminal">Takes the master of a further program's terminal, or -1.</param>
    internal static void Run(PlanHeader* plan, int container, int input, int output, int error, int report, int terminal)
    {
        // The descriptors are above 3, because 0 to 3 are taken in every monitor; so is 4 in one that holds a network namespace, and 5.
        if ((input >= 0 && Libc.dup2(input, 0) < 0) || (output >= 0 && Libc.dup2(output, 1) < 0) || (error >= 0 && Libc.dup2(error, 2) < 0)
            || Libc.dup3(report, ReportDescriptor, Libc.O_CLOEXEC) < 0)
        {
            Report(report, -1, Errno.Last);
        }

        // A session of its own: kill(0), which asks no process namespace, would reach the monitor in the group they share.
        if (Libc.setsid() < 0)
        {
            Report(ReportDescriptor, -1, Errno.Last);
        }

        Libc.umask(0);

        int* slots = stackalloc int[PlanFormat.Slots];
        for (int i = 0; i < PlanFormat.Slots; i++)
        {
            slots[i] = -1;
        }

        slots[PlanFormat.ContainerSlot] = container;
        slots[PlanFormat.TerminalSlot] = terminal;

        for (uint i = 0; i < plan->StepCount; i++)
        {
            int errno = Take(plan, plan->Steps + i, slots);
            if (errno != 0)
            {
                Report(ReportDescriptor, (int)i, errno);
            }
        }

        Report(ReportDescriptor, -1, Errno.ENOEXEC);
    }

    private static void Report(int fd, int step, int errno)
    {
        int* message = stackalloc int[2] { step, errno };
        Libc.write(fd, (byte*)message, 8);
        Libc.exit_group(127);

        // A seccomp profile of the user's may refuse even that. Going on after a failed step would run the program with rights it
        // must not have: a fault, whose signal is blocked, ends the process in any case.
        while (true)
        {
            *(byte*)8 = 0;
        }
    }

    private static int Take(PlanHeader* plan, PlanStepData* step, int* slots)
    {
        switch (step->Code)
        {
            case PlanOpcode.WriteHostFile:
                return WriteHostFile(step);
            case PlanOpcode.Unshare:
                return Check(Libc.unshare((int)step->X));
            case PlanOpcode.JoinNamespace:
                return JoinNamespace(step);
            case PlanOpcode.JoinNetworkDescriptor:
                return JoinDescriptor(step);
            case PlanOpcode.MakeMountsPrivate:
                return MakeMountsPrivate();
            case PlanOpcode.ChangeHostDirectory:
                return Check(Libc.chdir(step->Text1));
            case PlanOpcode.Mount:
                return Check(Libc.mount(step->Text1, step->Text2, step->Text3, step->X, (byte*)step->List1));
            case PlanOpcode.OpenHost:
                return OpenHost(step, slots);
            case PlanOpcode.OpenInRoot:
                return OpenInRoot(step, slots);
            case PlanOpcode.OpenBeneath:
                return OpenBeneath(step, slots);
            case PlanOpcode.MakeUserNamespace:
                return MakeUserNamespace(step, slots);
            case PlanOpcode.CreateFileSystem:
                return CreateFileSystem(step, slots);
            case PlanOpcode.Attach:
                return Attach(step, slots);
            case PlanOpcode.MakeNode:
                return MakeNode(slots[step->Slot], step);
            case PlanOpcode.MakeDirectory:
                return Check(Libc.mkdirat(slots[step->Slot], step->Text1, step->Mode));
            case PlanOpcode.MakeSymbolicLink:
                return Check(Libc.symlinkat(step->Text2, slots[step->Slot], step->Text1));
            case PlanOpcode.CloneTree:
                return CloneTree(step, slots);
            case PlanOpcode.SetMountAttributes:
                return SetMountAttributes(step, slots);
            case PlanOpcode.MaskPath:
                return MaskPath(step, slots);
            case PlanOpcode.ReadOnlyPath:
                return ReadOnlyPath(step, slots);
            case PlanOpcode.WriteInSlot:
                return WriteInSlot(step, slots);
            case PlanOpcode.CopySecret:
                return CopySecret(step, slots[step->Slot]);
            case PlanOpcode.PivotRoot:
                return PivotRoot(slots[step->Slot]);
            case PlanOpcode.SetHostName:
                return Check(Libc.sethostname(step->Text1, (nuint)step->X));
            case PlanOpcode.SetDomainName:
                return Check(Libc.setdomainname(step->Text1, (nuint)step->X));
            case PlanOpcode.RaiseLoopback:
                return RaiseLoopback();
            case PlanOpcode.SetResourceLimit:
                return SetResourceLimit(step);
            case PlanOpcode.JoinSessionKeyring:
                return JoinSessionKeyring(step);
            case PlanOpcode.SetUmask:
                Libc.umask(step->Mode);
                return 0;
            case PlanOpcode.DropBoundingSet:
                return DropBoundingSet(step->X, (int)step->Y);
            case PlanOpcode.SetUser:
                return SetUser(step);
            case PlanOpcode.SetCapabilities:
                return SetCapabilities(step);
            case PlanOpcode.NoNewPrivileges:
                return Check(Libc.prctl(Libc.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
            case PlanOpcode.LoadSeccomp:
                return LoadSeccomp(step);
            case PlanOpcode.ChangeDirectory:
                return ChangeDirectory(step);
            case PlanOpcode.RunInit:
                return RunInit(plan);
            case PlanOpcode.Execute:
                return Execute(step);
            case PlanOpcode.CloseSlot:
                return CloseSlot(step, slots);
            case PlanOpcode.OpenNullInput:
                return OpenNullInput(slots[step->Slot]);
            case PlanOpcode.JoinContainer:
                return Check(Libc.setns(slots[PlanFormat.ContainerSlot], (int)step->X));
            case PlanOpcode.OpenNull:
                return OpenNull(step);
            case PlanOpcode.EnterProcessNamespace:
                return EnterProcessNamespace(plan);
            case PlanOpcode.OpenTerminal:
                return OpenTerminal(step, slots);
            case PlanOpcode.AttachConsole:
                return AttachConsole(step, slots);
            default:
                return Errno.ENOSYS;
        }
    }

    private static int Check(int result) => result < 0 ? Errno.Last : 0;

    /// <summary>Text1 = name, Mode = type and permissions, X = number. Flags 1: a file of that name is replaced.</summary>
    private static int MakeNode(int directory, PlanStepData* step)
    {
        if ((step->Flags & 1) != 0 && Libc.unlinkat(directory, step->Text1, 0) < 0 && Errno.Last != Errno.ENOENT)
        {
            return Errno.Last;
        }

        return Check(Libc.mknodat(directory, step->Text1, step->Mode, step->X));
    }

    private static int CloseSlot(PlanStepData* step, int* slots)
    {
        if (slots[step->Slot] >= 0)
        {
            Libc.close(slots[step->Slot]);
            slots[step->Slot] = -1;
        }

        return 0;
    }

    /// <summary>Text1 = path on the host, Text2 = content, X = its length. Flags 1: a refusal (EPERM, EACCES) is accepted.</summary>
    private static int WriteHostFile(PlanStepData* step)
    {
        int fd = Libc.openat(Libc.AT_FDCWD, step->Text1, Libc.O_WRONLY | Libc.O_CLOEXEC, 0);
        int errno = fd < 0 ? Errno.Last : 0;
        if (fd >= 0)
        {
            errno = Libc.write(fd, step->Text2, (nuint)step->X) < 0 ? Errno.Last : 0;
            Libc.close(fd);
        }

        return (step->Flags & 1) != 0 && errno is Errno.EPERM or Errno.EACCES ? 0 : errno;
    }

    /// <summary>Text1 = the namespace, X = its kind, Text2 = status file of the process it is of, Y = start time of that process.</summary>
    private static int JoinNamespace(PlanStepData* step)
    {
        int fd = Libc.openat(Libc.AT_FDCWD, step->Text1, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return Errno.Last;
        }

        // Looked at after the opening: a stranger that got the pid, of the host perhaps, has another start time.
        int errno = ProcessStatus.StartTime(step->Text2) == step->Y ? Check(Libc.setns(fd, (int)step->X)) : Errno.ESRCH;
        Libc.close(fd);
        return errno;
    }

    /// <summary>Slot = a descriptor that the monitor was born with, X = the kind of namespace. This process's copy is closed.</summary>
    private static int JoinDescriptor(PlanStepData* step)
    {
        int errno = Check(Libc.setns(step->Slot, (int)step->X));
        Libc.close(step->Slot);
        return errno;
    }

    /// <summary>Slot = the container's /dev. Its own null takes the place of the host's, whose mode and owner it could change.</summary>
    private static int OpenNullInput(int devices)
    {
        ReadOnlySpan<byte> name = "null\0"u8;
        fixed (byte* text = name)
        {
            int fd = Libc.openat(devices, text, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0);
            if (fd < 0)
            {
                return Errno.Last;
            }

            int errno = Check(Libc.dup2(fd, 0));
            Libc.close(fd);
            return errno;
        }
    }

    private static int RaiseLoopback()
    {
        const nuint SIOCGIFFLAGS = 0x8913;
        const nuint SIOCSIFFLAGS = 0x8914;

        int fd = Libc.socket(Libc.AF_INET, Libc.SOCK_DGRAM | Libc.SOCK_CLOEXEC, 0);
        if (fd < 0)
        {
            return Errno.Last;
        }

        // struct ifreq of netdevice(7): 16 bytes of name, then the flags; 40 bytes in all.
        byte* request = stackalloc byte[40];
        for (int i = 0; i < 40; i++)
        {
            request[i] = 0;
        }

        request[0] = (byte)'l';
        request[1] = (byte)'o';
        int errno = Check(Libc.ioctl(fd, SIOCGIFFLAGS, (nint)request));
        if (errno == 0)
        {
            request[16] |= 1; // IFF_UP
            errno = Check(Libc.ioctl(fd, SIOCSIFFLAGS, (nint)request));
        }

        Libc.close(fd);
        return errno;
    }
}
