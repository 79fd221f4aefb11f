using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

internal static unsafe partial class Child
{
    /// <summary>
    /// Slot = result, Slot2 = our procfs, Text1 and X = uid_map, Text2 and Y = gid_map. A process is born into a new user namespace, is given
    /// its maps from outside, and ends: the descriptor keeps the namespace (mount_setattr(2), "ID-mapped mounts").
    /// </summary>
    private static int MakeUserNamespace(PlanStepData* step, int* slots)
    {
        Libc.clone_args arguments = default;
        arguments.flags = Libc.CLONE_NEWUSER;
        arguments.exit_signal = Libc.SIGCHLD;
        int pid = Libc.clone3(&arguments);
        if (pid < 0)
        {
            return Errno.Last;
        }

        if (pid == 0)
        {
            // Until it is killed; all signals but that one are blocked here.
            ulong none = 0;
            while (true)
            {
                Libc.rt_sigwait(&none);
            }
        }

        byte* path = stackalloc byte[32];
        int digits = PathText.Number(path, pid);
        int errno = WriteMap(slots[step->Slot2], path, digits, "/uid_map\0"u8, step->Text1, step->X);
        errno = errno != 0 ? errno : WriteMap(slots[step->Slot2], path, digits, "/gid_map\0"u8, step->Text2, step->Y);
        if (errno == 0)
        {
            Append(path, digits, "/ns/user\0"u8);
            slots[step->Slot] = Libc.openat(slots[step->Slot2], path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
            errno = slots[step->Slot] < 0 ? Errno.Last : 0;
        }

        Libc.kill(pid, Libc.SIGKILL);
        Libc.siginfo_t info = default;
        Libc.waitid(Libc.P_PID, pid, &info, Libc.WEXITED);
        return errno;
    }

    private static int WriteMap(int proc, byte* path, int digits, ReadOnlySpan<byte> name, byte* text, ulong length)
    {
        Append(path, digits, name);
        int fd = Libc.openat(proc, path, Libc.O_WRONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return Errno.Last;
        }

        int errno = Libc.write(fd, text, (nuint)length) < 0 ? Errno.Last : 0;
        Libc.close(fd);
        return errno;
    }

    private static void Append(byte* path, int at, ReadOnlySpan<byte> name)
    {
        for (int i = 0; i < name.Length; i++)
        {
            path[at + i] = name[i];
        }
    }
}
