using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

internal static unsafe partial class Child
{
    /// <summary>Slot = resource, X = soft, Y = hard. Without CAP_SYS_RESOURCE a limit cannot be raised: it is clamped, as podman does.</summary>
    private static int SetResourceLimit(PlanStepData* step)
    {
        Libc.rlimit limit = new() { rlim_cur = step->X, rlim_max = step->Y };
        if (Libc.prlimit(0, step->Slot, &limit, null) == 0)
        {
            return 0;
        }

        if (Errno.Last != Errno.EPERM)
        {
            return Errno.Last;
        }

        Libc.rlimit now;
        if (Libc.prlimit(0, step->Slot, null, &now) < 0)
        {
            return Errno.Last;
        }

        limit.rlim_max = limit.rlim_max > now.rlim_max ? now.rlim_max : limit.rlim_max;
        limit.rlim_cur = limit.rlim_cur > limit.rlim_max ? limit.rlim_max : limit.rlim_cur;
        return Check(Libc.prlimit(0, step->Slot, &limit, null));
    }

    /// <summary>A session keyring of its own, so that the caller's keys stay out of reach. A kernel without keyrings has none to leak.</summary>
    private static int JoinSessionKeyring(PlanStepData* step)
    {
        if (Libc.keyctl(Libc.KEYCTL_JOIN_SESSION_KEYRING, (nint)step->Text1) >= 0)
        {
            return 0;
        }

        return Errno.Last == Errno.ENOSYS ? 0 : Errno.Last;
    }

    private static int DropBoundingSet(ulong keep, int last)
    {
        for (int capability = 0; capability <= last; capability++)
        {
            if ((keep & (1UL << capability)) == 0 && Libc.prctl(Libc.PR_CAPBSET_DROP, (nuint)capability, 0, 0, 0) < 0)
            {
                return Errno.Last;
            }
        }

        return 0;
    }

    /// <summary>X = uid, Y = gid, Z = number of supplementary groups, Text1 = the groups (uint32 each). Flags 1: stdin is a pipe of ours.</summary>
    private static int SetUser(PlanStepData* step)
    {
        // A program that drops root reopens /dev/stdout: its pipe must belong to the user. Never the host's /dev/null.
        for (int fd = (step->Flags & 1) != 0 ? 0 : 1; fd <= 2; fd++)
        {
            Libc.fchownat(fd, Empty, (uint)step->X, uint.MaxValue, Libc.AT_EMPTY_PATH);
        }

        if (Libc.setgroups((nuint)step->Z, (uint*)step->Text1) < 0
            || Libc.setresgid((uint)step->Y, (uint)step->Y, (uint)step->Y) < 0
            || Libc.setresuid((uint)step->X, (uint)step->X, (uint)step->X) < 0)
        {
            return Errno.Last;
        }

        return 0;
    }

    /// <summary>X = effective and permitted. Inheritable and ambient are always empty (CVE-2022-24769).</summary>
    private static int SetCapabilities(PlanStepData* step)
    {
        if (Libc.prctl(Libc.PR_CAP_AMBIENT, Libc.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
        {
            return Errno.Last;
        }

        Libc.cap_header header = new() { version = Libc.LINUX_CAPABILITY_VERSION_3 };
        Libc.cap_data* data = stackalloc Libc.cap_data[2];
        data[0].effective = data[0].permitted = (uint)step->X;
        data[1].effective = data[1].permitted = (uint)(step->X >> 32);
        data[0].inheritable = data[1].inheritable = 0;
        return Check(Libc.capset(&header, data));
    }

    /// <summary>Text1 = struct sock_filter array, X = number of instructions.</summary>
    private static int LoadSeccomp(PlanStepData* step)
    {
        Libc.sock_fprog program = new() { len = (ushort)step->X, filter = step->Text1 };
        return Check(Libc.seccomp(Libc.SECCOMP_SET_MODE_FILTER, 0, &program));
    }
}
