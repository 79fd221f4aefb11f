using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

internal static unsafe partial class Child
{
    /// <summary>
    /// Text1 = directory. Every descriptor but stdio and the report pipe is closed first, so that no /proc/self/fd/N leads out, and the
    /// result must lie inside the root (CVE-2024-21626).
    /// </summary>
    private static int ChangeDirectory(PlanStepData* step)
    {
        if (Libc.close_range(ReportDescriptor + 1, uint.MaxValue, 0) < 0 || Libc.chdir(step->Text1) < 0)
        {
            return Errno.Last;
        }

        byte* buffer = stackalloc byte[4096];
        if (Libc.raw_getcwd(buffer, 4096) < 0)
        {
            return Errno.Last;
        }

        return buffer[0] == '/' ? 0 : Errno.EXDEV;
    }

    /// <summary>
    /// The process with pid 1 stays behind as init: it reaps what nobody waits for, passes signals on, and ends as the program ends.
    /// The program continues the plan as its child. Both have dropped their privileges by now.
    /// </summary>
    private static int RunInit(PlanHeader* plan)
    {
        int pid = Libc.fork(); // Not clone3: the seccomp filter is in force, and its flags could not be filtered.
        if (pid < 0)
        {
            return Errno.Last;
        }

        if (pid == 0)
        {
            return (plan->Flags & PlanFlags.Terminal) != 0 ? TakeForeground() : 0;
        }

        // The report pipe and stdio belong to the program: their ends must not stay open here.
        Libc.close_range(0, uint.MaxValue, 0);
        ReadOnlySpan<byte> name = "containers-init\0"u8;
        fixed (byte* text = name)
        {
            Libc.prctl(Libc.PR_SET_NAME, (nuint)text, 0, 0, 0);
        }

        HideArguments(plan, name);

        // All signals are blocked since clone3. For pid 1 a blocked signal is kept, where an unblocked one without handler is dropped.
        ulong all = ulong.MaxValue;
        while (true)
        {
            int signal = Libc.rt_sigwait(&all);
            if (signal == Libc.SIGCHLD)
            {
                Reap(pid);
            }
            else if (signal > 0)
            {
                Libc.kill(pid, signal);
            }
        }
    }

    /// <summary>The command line is the monitor's, with a path of the host: the container has no business with it.</summary>
    private static void HideArguments(PlanHeader* plan, ReadOnlySpan<byte> name)
    {
        for (byte* p = plan->ArgumentsStart; p < plan->ArgumentsEnd; p++)
        {
            long at = p - plan->ArgumentsStart;
            *p = at < name.Length ? name[(int)at] : (byte)0;
        }
    }

    private static void Reap(int program)
    {
        Libc.siginfo_t info = default;
        while (true)
        {
            info.si_pid = 0;
            if (Libc.waitid(Libc.P_ALL, 0, &info, Libc.WEXITED | Libc.WNOHANG) < 0 || info.si_pid == 0)
            {
                return;
            }

            if (info.si_pid == program)
            {
                Libc.exit_group(info.si_code == Libc.CLD_EXITED ? info.si_status : 128 + info.si_status);
            }
        }
    }

    /// <summary>List1 = argv, List2 = environment, List3 = the paths to try, in the order of PATH (execvp(3)'s rules).</summary>
    private static int Execute(PlanStepData* step)
    {
        const uint CLOSE_RANGE_CLOEXEC = 4;
        if (Libc.close_range(ReportDescriptor, uint.MaxValue, CLOSE_RANGE_CLOEXEC) < 0)
        {
            return Errno.Last;
        }

        // Handlers end with execve, but an ignored signal stays ignored: the runtime ignores SIGPIPE, a program expects the default.
        for (int signal = 1; signal <= 64; signal++)
        {
            Libc.ResetSignal(signal);
        }

        ulong none = 0;
        Libc.rt_sigprocmask(Libc.SIG_SETMASK, &none, null);

        int worst = Errno.ENOENT;
        for (byte** path = step->List3; *path != null; path++)
        {
            Libc.execve(*path, step->List1, step->List2);
            int errno = Errno.Last;
            if (errno == Errno.EACCES)
            {
                worst = errno; // Found but not executable: look on, and say so if nothing else is found.
            }
            else if (errno is not (Errno.ENOENT or Errno.ENOTDIR))
            {
                return errno;
            }
        }

        return worst;
    }
}
