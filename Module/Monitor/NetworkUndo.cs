using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

/// <summary>
/// Takes back the firewall rules of a container that has ended, if no session did. The scripts and the lock are shared with the
/// sessions: whoever holds the lock and finds a script runs it and deletes it, so that it is run once.
/// </summary>
internal static unsafe class NetworkUndo
{
    private const int ProgramMilliseconds = 15_000;

    /// <param name="plan">The plan.</param>
    /// <param name="patienceMilliseconds">How long to wait for the lock.</param>
    /// <returns>False when somebody else keeps the lock: the rules may still be there.</returns>
    internal static bool Run(PlanHeader* plan, int patienceMilliseconds)
    {
        if (plan->NetworkLockFile == null || !AnyScript(plan))
        {
            return true;
        }

        int held = Lock(plan->NetworkLockFile, patienceMilliseconds);
        if (held < 0)
        {
            return false;
        }

        LeaveJoinedProcessNamespace(plan);
        for (uint i = 0; i < plan->NetworkUndoCount; i++)
        {
            Undo(plan->NetworkUndo + i);
        }

        Libc.close(held);
        return true;
    }

    private static bool AnyScript(PlanHeader* plan)
    {
        Libc.statx_t status;
        for (uint i = 0; i < plan->NetworkUndoCount; i++)
        {
            if (Libc.statx(Libc.AT_FDCWD, plan->NetworkUndo[i].Script, Libc.AT_SYMLINK_NOFOLLOW, 0, &status) == 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The lock that FileLock takes in a session: flock(2), which cannot wait with a time limit.</summary>
    private static int Lock(byte* path, int patienceMilliseconds)
    {
        int fd = Libc.openat(Libc.AT_FDCWD, path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0x180); // 0600
        if (fd < 0)
        {
            return -1;
        }

        const int LongestWait = 50;
        long until = Clock.Milliseconds() + patienceMilliseconds;
        int wait = 1;
        while (Libc.flock(fd, Libc.LOCK_EX | Libc.LOCK_NB) < 0)
        {
            if (Clock.Milliseconds() >= until)
            {
                Libc.close(fd);
                return -1;
            }

            Libc.poll(null, 0, wait);
            wait = Math.Min(wait * 2, LongestWait);
        }

        return fd;
    }

    /// <summary>Our children are born in the process namespace that the container joined: no place for a program with our rights.</summary>
    private static void LeaveJoinedProcessNamespace(PlanHeader* plan)
    {
        if (plan->PidNamespace == null)
        {
            return;
        }

        fixed (byte* path = "/proc/self/ns/pid\0"u8)
        {
            int fd = Libc.openat(Libc.AT_FDCWD, path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
            if (fd >= 0)
            {
                Libc.setns(fd, (int)Libc.CLONE_NEWPID);
                Libc.close(fd);
            }
        }
    }

    /// <summary>A script whose program failed or is missing stays, for the next session that looks.</summary>
    private static void Undo(PlanUndoData* undo)
    {
        int script = Libc.openat(Libc.AT_FDCWD, undo->Script, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0);
        if (script < 0)
        {
            return;
        }

        int pid;
        if (Spawn(undo, script, &pid) == 0 && Succeeds(pid))
        {
            Libc.unlinkat(Libc.AT_FDCWD, undo->Script, 0);
        }

        Libc.close(script);
    }

    private static int Spawn(PlanUndoData* undo, int script, int* pid)
    {
        const uint CLOSE_RANGE_CLOEXEC = 4;
        Libc.close_range(3, uint.MaxValue, CLOSE_RANGE_CLOEXEC);

        // posix_spawn_file_actions_t and posix_spawnattr_t have at most 336 bytes in glibc and musl.
        byte* actions = stackalloc byte[512];
        byte* attributes = stackalloc byte[512];
        byte* signals = stackalloc byte[128];
        Libc.posix_spawn_file_actions_init(actions);
        Libc.posix_spawnattr_init(attributes);
        int result;
        fixed (byte* path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin\0"u8, locale = "LC_ALL=C\0"u8)
        {
            // Standard output and error are /dev/null, as in every monitor.
            Libc.posix_spawn_file_actions_adddup2(actions, script, 0);
            Libc.posix_spawnattr_setflags(attributes, Libc.POSIX_SPAWN_SETSIGMASK | Libc.POSIX_SPAWN_SETSIGDEF);
            new Span<byte>(signals, 128).Clear();
            Libc.posix_spawnattr_setsigmask(attributes, signals);
            new Span<byte>(signals, 128).Fill(0xff);
            Libc.posix_spawnattr_setsigdefault(attributes, signals);
            byte** environment = stackalloc byte*[3] { path, locale, null };
            result = Libc.posix_spawn(pid, undo->Program, actions, attributes, undo->Arguments, environment);
        }

        Libc.posix_spawn_file_actions_destroy(actions);
        Libc.posix_spawnattr_destroy(attributes);
        return result;
    }

    private static bool Succeeds(int pid)
    {
        // Ours and not waited for: the pid cannot be another process yet.
        int process = Libc.pidfd_open(pid, 0);
        if (process < 0)
        {
            return false;
        }

        Libc.pollfd one = new() { fd = process, events = Libc.POLLIN };
        if (Libc.poll(&one, 1, ProgramMilliseconds) == 0)
        {
            Libc.pidfd_send_signal(process, Libc.SIGKILL);
            Libc.poll(&one, 1, 1000); // It may hang in the kernel: then nobody can wait for it.
        }

        Libc.siginfo_t information = default;
        bool ended = Libc.waitid(Libc.P_PIDFD, process, &information, Libc.WEXITED | Libc.WNOHANG) == 0 && information.si_pid == pid;
        Libc.close(process);
        return ended && information.si_code == Libc.CLD_EXITED && information.si_status == 0;
    }
}
