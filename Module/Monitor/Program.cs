using System.Runtime.InteropServices;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

/// <summary>
/// <c>containers-monitor PLAN</c>, with the session's socket as descriptor 3 and, if the plan says so, the container's network namespace
/// as 4: runs the plan, then stays with the container until it has ended for good. One process, one thread, one poll loop.
/// </summary>
internal static unsafe class Program
{
    private static int Main(string[] arguments)
    {
        if (arguments.Length != 1)
        {
            ReadOnlySpan<byte> usage = "containers-monitor supervises one container. The Containers PowerShell module starts it.\n"u8;
            fixed (byte* text = usage)
            {
                Libc.write(2, text, (nuint)usage.Length);
            }

            return 2;
        }

        // It belongs to nobody's terminal: no signal of a session, no descriptor but those it was given, no directory kept busy.
        ulong all = ulong.MaxValue;
        Libc.rt_sigprocmask(Libc.SIG_SETMASK, &all, null);
        Libc.close_range(MonitorProtocol.SecretDescriptor + 1, uint.MaxValue, 0);
        Libc.dup3(0, MonitorProtocol.RootDescriptor, Libc.O_CLOEXEC); // The place is kept for later.
        Libc.fcntl(MonitorProtocol.SessionDescriptor, Libc.F_SETFD, Libc.FD_CLOEXEC);
        fixed (byte* root = "/\0"u8)
        {
            Libc.chdir(root);
        }

        // Nobody in a container may look into the monitor, nor into the copy of it that a container begins as: from its first
        // instruction on, because a container that shares its process namespace sees it from then on (security.md S3).
        Libc.prctl(Libc.PR_SET_DUMPABLE, 0, 0, 0, 0);
        Libc.umask(0x3F); // 077
        byte* path = (byte*)Marshal.StringToCoTaskMemUTF8(arguments[0]);
        PlanHeader* plan = PlanMemory.Load(path, out int errno);
        if (plan == null)
        {
            return Refuse(errno);
        }

        if (TakeDescriptors(plan) is not 0 and int refused)
        {
            return Refuse(refused);
        }

        ProtectFromOutOfMemory();
        int held = Lock(plan);
        if (held < 0)
        {
            return Refuse(-held);
        }

        int listener = Listen(plan);
        if (listener < 0)
        {
            return Refuse(-listener);
        }

        return new Supervisor(plan, listener, held).Run();
    }

    /// <summary>A place that nothing was given for must be free: what somebody left open there would live as long as we do.</summary>
    /// <returns>0, or EBADF when the session gave none although the plan needs it.</returns>
    private static int TakeDescriptors(PlanHeader* plan)
    {
        int errno = Take(plan, PlanFlags.NetworkDescriptor, MonitorProtocol.NetworkDescriptor);
        return errno != 0 ? errno : Take(plan, PlanFlags.SecretDescriptor, MonitorProtocol.SecretDescriptor);
    }

    private static int Take(PlanHeader* plan, PlanFlags flag, int descriptor)
    {
        if ((plan->Flags & flag) == 0)
        {
            Libc.close(descriptor);
            return 0;
        }

        return Libc.fcntl(descriptor, Libc.F_SETFD, Libc.FD_CLOEXEC) < 0 ? Errno.Last : 0;
    }

    private static int Refuse(int errno)
    {
        MessageHeader header = new() { Type = MessageType.Failed, Length = sizeof(MessageBody) };
        MessageBody body = new() { A = -1, B = errno };
        Libc.send(MonitorProtocol.SessionDescriptor, (byte*)&header, (nuint)sizeof(MessageHeader), Libc.MSG_NOSIGNAL);
        Libc.send(MonitorProtocol.SessionDescriptor, (byte*)&body, (nuint)sizeof(MessageBody), Libc.MSG_NOSIGNAL);
        return 1;
    }

    /// <summary>The kernel should kill containers before the small process that can say what happened. Needs CAP_SYS_RESOURCE.</summary>
    private static void ProtectFromOutOfMemory()
    {
        fixed (byte* path = "/proc/self/oom_score_adj\0"u8)
        {
            ContainerCgroup.WriteFile(path, "-999"u8);
        }
    }

    /// <summary>The lock says "this container has a monitor": it is held by an open file description, so it cannot outlive the process.</summary>
    private static int Lock(PlanHeader* plan)
    {
        int length = PathText.Length(plan->RunDirectory);
        byte* path = stackalloc byte[length + 8];
        Supervisor.LockPath(plan, path);
        int fd = Libc.openat(Libc.AT_FDCWD, path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0x180);
        if (fd < 0)
        {
            return -Errno.Last;
        }

        Libc.flock_t request = new() { l_type = Libc.F_WRLCK };
        return Libc.fcntl(fd, Libc.F_OFD_SETLK, (nint)(&request)) < 0 ? -Errno.Last : fd;
    }

    private static int Listen(PlanHeader* plan)
    {
        // Bound by a relative name: the path of a socket may have 107 bytes, that of a data root more.
        int fd = Libc.socket(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK, 0);
        if (fd < 0 || Libc.chdir(plan->RunDirectory) < 0)
        {
            return -Errno.Last;
        }

        Libc.sockaddr_un address = default;
        address.sun_family = Libc.AF_UNIX;
        "control.sock"u8.CopyTo(new Span<byte>(address.sun_path, 108));
        Libc.unlinkat(Libc.AT_FDCWD, address.sun_path, 0);
        if (Libc.bind(fd, &address, (uint)sizeof(Libc.sockaddr_un)) < 0 || Libc.listen(fd, 16) < 0)
        {
            return -Errno.Last;
        }

        fixed (byte* root = "/\0"u8)
        {
            return Libc.chdir(root) < 0 ? -Errno.Last : fd;
        }
    }
}
