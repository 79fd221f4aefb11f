using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

/// <summary>Makes a process from a plan: the container's first one, or a further program in it.</summary>
internal static unsafe class Launcher
{
    /// <summary>A process that was made, or the step and errno that prevented it.</summary>
    internal struct Result
    {
        internal int Pid;
        internal int PidDescriptor;

        /// <summary>The report pipe of a process that is on its way; -1 once it is known to have arrived.</summary>
        internal int Report;

        /// <summary>The master of its terminal, or -1.</summary>
        internal int Terminal;

        /// <summary>Over which the master of a further program's terminal comes, before it has entered; or -1.</summary>
        internal int TerminalSocket;

        /// <summary>The container's root directory, or -1 for a further program.</summary>
        internal int Root;

        /// <summary>0, or the errno of the failure.</summary>
        internal int Error;

        /// <summary>Index of the failed step; -1 when the process itself could not be made.</summary>
        internal int Step;
    }

    /// <summary>Makes the process and waits until it runs its program.</summary>
    internal static Result Launch(PlanHeader* plan, int input, int output, int error)
    {
        Result result = Begin(plan, -1, input, output, error);
        if (result.Error != 0)
        {
            return result;
        }

        int* report = stackalloc int[2];
        nint got;
        do
        {
            got = ReadReport(result.Report, report, ref result.Terminal, ref result.Root);
        }
        while (got < 0 ? Errno.Last == Errno.EINTR : got > 0 && report[0] is PlanFormat.TerminalStep or PlanFormat.RootStep);

        Libc.close(result.Report);
        result.Report = -1;
        if (got != 0)
        {
            result.Step = report[0];
            result.Error = report[1];
            Libc.siginfo_t info;
            Libc.waitid(Libc.P_PIDFD, result.PidDescriptor, &info, Libc.WEXITED);
            Libc.close(result.PidDescriptor);
            CloseSent(ref result.Terminal);
            CloseSent(ref result.Root);
        }

        return result;
    }

    /// <summary>
    /// Makes the process. What becomes of it comes over <see cref="Result.Report"/>: the end means that the program runs; eight bytes are a
    /// step and its errno, or <see cref="PlanFormat.EnteredStep"/> and a pid.
    /// </summary>
    /// <remarks>
    /// clone3 of a process with a managed runtime is sound under four rules (docs/adr/0002): the child only makes raw system calls,
    /// signals are blocked around the call, no garbage collection may begin in between, failures come back over a pipe.
    /// </remarks>
    /// <param name="plan">The plan.</param>
    /// <param name="container">A descriptor of the container's first process, for a further program; else -1.</param>
    /// <param name="input">Becomes descriptor 0; -1 where the plan opens one itself.</param>
    /// <param name="output">Becomes descriptor 1, with -1 as before.</param>
    /// <param name="error">Becomes descriptor 2, with -1 as before.</param>
    internal static Result Begin(PlanHeader* plan, int container, int input, int output, int error)
    {
        Result result = new() { Pid = -1, PidDescriptor = -1, Report = -1, Terminal = -1, TerminalSocket = -1, Root = -1, Step = -1 };
        int* pipe = stackalloc int[2];
        int* terminal = stackalloc int[2] { -1, -1 };
        // A further program has a pipe: the container may see it before its execve, and a pipe carries numbers only.
        bool further = (plan->Flags & PlanFlags.Further) != 0;
        if ((further ? Libc.pipe2(pipe, Libc.O_CLOEXEC) : MakeSockets(pipe)) < 0)
        {
            result.Error = Errno.Last;
            return result;
        }

        if (further && (plan->Flags & PlanFlags.Terminal) != 0 && MakeSockets(terminal) < 0)
        {
            result.Error = Errno.Last;
            Libc.close(pipe[0]);
            Libc.close(pipe[1]);
            return result;
        }

        int cgroup = -1;
        if (plan->CgroupCloneInto != null)
        {
            cgroup = Libc.openat(Libc.AT_FDCWD, plan->CgroupCloneInto, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
            if (cgroup < 0)
            {
                result.Error = Errno.Last;
                Libc.close(pipe[0]);
                Libc.close(pipe[1]);
                CloseSent(ref terminal[0]);
                CloseSent(ref terminal[1]);
                return result;
            }
        }

        Libc.clone_args arguments = default;
        int pidDescriptor = -1;
        arguments.flags = plan->CloneFlags | Libc.CLONE_PIDFD;
        arguments.pidfd = (ulong)&pidDescriptor;
        arguments.exit_signal = Libc.SIGCHLD;
        if (cgroup >= 0)
        {
            arguments.flags |= Libc.CLONE_INTO_CGROUP;
            arguments.cgroup = (ulong)cgroup;
        }

        if (!GC.TryStartNoGCRegion(64 << 10))
        {
            // A collection that begins now would wait in the child for threads that the child does not have.
            result.Error = Errno.ENOMEM;
            Libc.close(pipe[0]);
            Libc.close(pipe[1]);
            CloseSent(ref terminal[0]);
            CloseSent(ref terminal[1]);
            if (cgroup >= 0)
            {
                Libc.close(cgroup);
            }

            return result;
        }

        int pid = Libc.clone3(&arguments);
        if (pid == 0)
        {
            Child.Run(plan, container, input, output, error, pipe[1], terminal[1]);
        }

        int errno = pid < 0 ? Errno.Last : 0;
        GC.EndNoGCRegion();

        Libc.close(pipe[1]);
        CloseSent(ref terminal[1]);
        if (cgroup >= 0)
        {
            Libc.close(cgroup);
        }

        if (pid < 0)
        {
            Libc.close(pipe[0]);
            CloseSent(ref terminal[0]);
            result.Error = errno;
            return result;
        }

        result.Pid = pid;
        result.PidDescriptor = pidDescriptor;
        result.Report = pipe[0];
        result.TerminalSocket = terminal[0];
        return result;
    }

    private static int MakeSockets(int* pair) => Libc.socketpair(Libc.AF_UNIX, Libc.SOCK_SEQPACKET | Libc.SOCK_CLOEXEC, 0, pair);

    /// <summary>As read(2) of a report. One that carries the master of the terminal, or the root, leaves it in its place.</summary>
    internal static nint ReadReport(int socket, int* report, ref int terminal, ref int root)
    {
        int* descriptors = stackalloc int[8];
        nint got = Libc.ReceiveWithDescriptors(socket, (byte*)report, 8, descriptors, out int count, 0);
        for (int i = 0; i < count; i++)
        {
            if (terminal < 0 && report[0] == PlanFormat.TerminalStep)
            {
                terminal = descriptors[i];
            }
            else if (root < 0 && report[0] == PlanFormat.RootStep)
            {
                root = descriptors[i];
            }
            else
            {
                Libc.close(descriptors[i]);
            }
        }

        return got;
    }

    private static void CloseSent(ref int fd)
    {
        if (fd >= 0)
        {
            Libc.close(fd);
            fd = -1;
        }
    }
}
