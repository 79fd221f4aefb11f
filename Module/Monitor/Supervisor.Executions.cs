using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

/// <summary>
/// Further programs in the container. The monitor makes them and waits for them; their output and input do not pass through it, but go
/// straight to the session. Nothing here waits: a program that cannot be loaded, from a dead file system for example, holds nobody up.
/// </summary>
internal sealed unsafe partial class Supervisor
{
    private const int MaximumExecutions = 128;

    /// <summary>Records of detached programs that have ended; the oldest one goes when there are more.</summary>
    private const int MaximumRecords = 64;

    /// <summary>Between the request to end and the kill, for a program whose session is gone.</summary>
    private const long AbandonedMilliseconds = 1000;

    private const int LongestIdentifier = 64;

    private readonly Execution[] _executions = new Execution[MaximumExecutions];
    private readonly byte[] _records = new byte[MaximumRecords * (LongestIdentifier + 1)];
    private int _recordCount;
    private int _nextRecord;
    private bool _anyRecord;

    /// <summary>One past the last place in use.</summary>
    private int _executionEnd;

    /// <summary>A session wants a program to run. Its descriptors are those of <see cref="MonitorProtocol.PlanOfExecute"/> and following.</summary>
    /// <returns>
    /// 0 or an errno: ESRCH when the container does not run, EBUSY when it is paused, EMFILE when there are too many programs, EINVAL when it is
    /// no plan of this version.
    /// </returns>
    private int Execute(ref Client client)
    {
        int fd = client.TakeDescriptor(MonitorProtocol.PlanOfExecute);
        PlanHeader* plan = PlanMemory.Load(fd, out int errno);
        Close(ref fd);
        if (plan == null)
        {
            return errno;
        }

        int output = client.TakeDescriptor(MonitorProtocol.OutputOfExecute);
        int error = client.TakeDescriptor(MonitorProtocol.ErrorOfExecute);
        int input = client.TakeDescriptor(MonitorProtocol.InputOfExecute);
        bool detached = (plan->Flags & PlanFlags.Detached) != 0;
        bool brings = detached || (plan->Flags & PlanFlags.Terminal) != 0 || (output >= 0 && error >= 0);
        int place = 0;
        errno = client.Execution != 0 || (plan->Flags & PlanFlags.Further) == 0 || !brings
            ? Errno.EINVAL
            : Begin(plan, detached ? ExecutionOwner.Detached : ExecutionOwner.Session, input, output, error, out place);
        Close(ref output);
        Close(ref error);
        Close(ref input);
        if (errno != 0)
        {
            PlanMemory.Free(plan);
            if (errno > 0)
            {
                return errno;
            }

            MessageBody failure = new() { A = -1, B = -errno };
            if (!client.Send(MessageType.Failed, &failure, sizeof(MessageBody)))
            {
                Drop(ref client);
            }

            return 0;
        }

        for (int i = 0; i < MaximumClients; i++)
        {
            if (_clients[i].Descriptor == client.Descriptor)
            {
                _executions[place].Client = i;
            }
        }

        client.Execution = place + 1;
        return 0;
    }

    /// <summary>Makes the process of a further program.</summary>
    /// <param name="plan">The plan. It belongs to the program from now on, if the answer is 0.</param>
    /// <param name="owner">Who gets to know of its end.</param>
    /// <param name="input">Its standard input, or -1 when the plan opens one; the caller closes it.</param>
    /// <param name="output">Its standard output, in the same way.</param>
    /// <param name="error">Its standard error, in the same way.</param>
    /// <param name="place">Its place in the table.</param>
    /// <returns>0 or an errno, see <see cref="Execute"/>; less than 0 when the kernel refused to make a process.</returns>
    private int Begin(PlanHeader* plan, ExecutionOwner owner, int input, int output, int error, out int place)
    {
        place = 0;
        if (_process < 0)
        {
            return Errno.ESRCH;
        }

        if (_state.Paused)
        {
            return Errno.EBUSY;
        }

        while (place < MaximumExecutions && _executions[place].Owner != ExecutionOwner.None)
        {
            place++;
        }

        if (place == MaximumExecutions)
        {
            return Errno.EMFILE;
        }

        plan->ArgumentsStart = _plan->ArgumentsStart;
        plan->ArgumentsEnd = _plan->ArgumentsEnd;
        Launcher.Result result = Launcher.Begin(plan, _process, input, output, error);
        if (result.Error != 0)
        {
            return -result.Error;
        }

        ref Execution execution = ref _executions[place];
        execution = default;
        execution.Owner = owner;
        execution.Plan = plan;
        execution.Client = -1;
        execution.Report = NonBlocking(result.Report);
        execution.TerminalSocket = result.TerminalSocket;
        execution.Terminal = execution.Slave = -1;
        execution.Guide = result.PidDescriptor;
        execution.Process = -1;
        execution.FailedStep = -1;
        execution.KillAt = long.MaxValue;
        _executionEnd = Math.Max(_executionEnd, place + 1);
        return 0;
    }

    /// <summary>Two for each place: what becomes of it, and its terminal if nobody else reads that.</summary>
    private int SetExecutions(Libc.pollfd* polled)
    {
        for (int i = 0; i < _executionEnd; i++)
        {
            ref Execution execution = ref _executions[i];
            bool used = execution.Owner != ExecutionOwner.None;
            Set(polled, 2 * i, !used ? -1 : execution.Report >= 0 ? execution.Report : execution.Process, Libc.POLLIN);
            Set(polled, (2 * i) + 1, used && execution.Report < 0 ? execution.Terminal : -1, Libc.POLLIN);
        }

        return 2 * _executionEnd;
    }

    private void ServeExecutions(Libc.pollfd* polled, int count)
    {
        for (int i = 0; i < count / 2; i++)
        {
            if (polled[(2 * i) + 1].revents != 0 && _executions[i].Owner != ExecutionOwner.None)
            {
                EmptyTerminal(ref _executions[i]);
            }

            if (polled[2 * i].revents == 0 || _executions[i].Owner == ExecutionOwner.None)
            {
                continue;
            }

            if (_executions[i].Report >= 0)
            {
                ReadReport(ref _executions[i]);
            }
            else
            {
                OnExecutionExit(ref _executions[i]);
            }
        }

        while (_executionEnd > 0 && _executions[_executionEnd - 1].Owner == ExecutionOwner.None)
        {
            _executionEnd--;
        }
    }

    private void ReadReport(ref Execution execution)
    {
        int* report = stackalloc int[2];
        nint got = Libc.read(execution.Report, (byte*)report, 8);
        if (got < 0 && Errno.Last is Errno.EAGAIN or Errno.EINTR)
        {
            return;
        }

        if (got == 8 && report[0] == PlanFormat.EnteredStep)
        {
            if (execution.Process < 0)
            {
                ReceiveTerminal(ref execution);
                execution.Process = OpenChild(report[1]);
                execution.State.Pid = execution.Process < 0 ? 0 : report[1];
                if (IsAbandoned(ref execution))
                {
                    Kill(ref execution);
                }
            }

            return;
        }

        if (got == 8)
        {
            execution.FailedStep = report[0];
            execution.FailedErrno = report[1];
            return; // The end of the pipe follows.
        }

        Close(ref execution.Report);
        Reap(ref execution.Guide);
        if (execution.FailedErrno != 0 || execution.Process < 0)
        {
            OnExecutionFailed(ref execution);
        }
        else
        {
            OnExecutionStarted(ref execution);
        }
    }

    /// <summary>
    /// A descriptor of a child of this process. The number came over a pipe that a process in the container has inherited: one that is not our
    /// child's is nothing we wait for or kill.
    /// </summary>
    private static int OpenChild(int pid)
    {
        int fd = Libc.pidfd_open(pid, 0);
        Libc.siginfo_t information = default;
        if (fd >= 0 && Libc.waitid(Libc.P_PIDFD, fd, &information, Libc.WEXITED | Libc.WNOHANG | Libc.WNOWAIT) < 0)
        {
            Close(ref fd);
        }

        return fd;
    }

    private static void Reap(ref int process)
    {
        if (process >= 0)
        {
            Libc.siginfo_t information;
            Libc.waitid(Libc.P_PIDFD, process, &information, Libc.WEXITED);
            Close(ref process);
        }
    }

    private void OnExecutionFailed(ref Execution execution)
    {
        // Without a word: it was killed on the way, by the end of the container for example.
        MessageBody body = new() { A = execution.FailedStep, B = execution.FailedErrno == 0 ? Errno.ESRCH : execution.FailedErrno };
        if (execution.Process >= 0)
        {
            Libc.pidfd_send_signal(execution.Process, Libc.SIGKILL);
            Reap(ref execution.Process);
        }

        bool check = execution.Owner == ExecutionOwner.Health;
        Tell(ref execution, MessageType.Failed, body, last: true);
        Release(ref execution);
        if (check)
        {
            EndCheck(-1, body.B);
        }
    }

    private void OnExecutionStarted(ref Execution execution)
    {
        execution.State.PidStartTime = ProcessStatus.StartTime(execution.State.Pid);
        execution.State.MonitorPid = _state.MonitorPid;
        execution.State.MonitorStartTime = _state.MonitorStartTime;
        execution.State.InnerPid = ProcessStatus.InnerPid(execution.State.Pid);
        execution.State.StartedAt = Clock.Now();
        execution.State.FailedStep = -1;
        execution.State.Running = true;
        WriteRecord(ref execution);
        MessageBody body = new() { A = execution.State.Pid, E = execution.State.PidStartTime };
        HandTerminalOn(ref execution);
        Tell(ref execution, MessageType.Started, body, last: execution.Owner == ExecutionOwner.Detached);
        if (IsAbandoned(ref execution) && execution.KillAt == long.MaxValue)
        {
            Abandon(ref execution);
        }
    }

    private static bool IsAbandoned(ref Execution execution) => execution.Owner == ExecutionOwner.Session && execution.Client < 0;

    private void OnExecutionExit(ref Execution execution)
    {
        Libc.siginfo_t information = default;
        if (Libc.waitid(Libc.P_PIDFD, execution.Process, &information, Libc.WEXITED | Libc.WNOHANG) < 0 || information.si_pid == 0)
        {
            return;
        }

        Close(ref execution.Process);
        bool exited = information.si_code == Libc.CLD_EXITED;
        execution.State.Signal = exited ? 0 : information.si_status;
        execution.State.ExitCode = exited ? information.si_status : 128 + information.si_status;
        execution.State.FinishedAt = Clock.Now();
        execution.State.Running = false;
        MessageBody body = new()
        {
            A = execution.State.ExitCode, B = execution.State.Signal, E = (ulong)execution.State.FinishedAt,
        };
        if (execution.Plan->Record != null)
        {
            _events.Write("exec_die"u8, "exitCode"u8, execution.State.ExitCode);
        }

        if (execution.Owner == ExecutionOwner.Detached)
        {
            execution.State.Write(execution.Plan, durable: false);
            RememberRecord(execution.Plan->RunDirectory);
        }

        Tell(ref execution, MessageType.Exited, body, last: true);
        if (execution.Owner != ExecutionOwner.Detached && execution.Plan->Record != null)
        {
            RemoveTree(execution.Plan->RunDirectory);
        }

        bool check = execution.Owner == ExecutionOwner.Health;
        Release(ref execution);
        if (check)
        {
            EndCheck(body.A, 0);
        }
    }

    /// <summary>The session hears of it; a detached program's only once.</summary>
    private void Tell(ref Execution execution, MessageType type, MessageBody body, bool last)
    {
        if (execution.Client < 0)
        {
            return;
        }

        ref Client client = ref _clients[execution.Client];
        if (last)
        {
            client.Execution = 0;
            client.Closing = true;
            execution.Client = -1;
        }

        if (!client.Send(type, &body, sizeof(MessageBody)) || (client.Closing && !client.HasOutgoing))
        {
            Drop(ref client);
        }
    }

    private static void Release(ref Execution execution)
    {
        Close(ref execution.TerminalSocket);
        Close(ref execution.Terminal);
        Close(ref execution.Slave);
        PlanMemory.Free(execution.Plan);
        execution = default;
    }

    /// <summary>The connection of an attached program's session has ended: so does the program, at once or after a second.</summary>
    private static void Abandon(ref Execution execution)
    {
        execution.Client = -1;
        if (execution.Owner != ExecutionOwner.Session)
        {
            return;
        }

        if (execution.Report >= 0)
        {
            Kill(ref execution); // Not there yet: nothing of its own needs time to end.
            return;
        }

        Signal(ref execution, Libc.SIGTERM);
        execution.KillAt = Clock.Milliseconds() + AbandonedMilliseconds;
    }

    private static void Kill(ref Execution execution)
    {
        if (execution.Guide >= 0)
        {
            Libc.pidfd_send_signal(execution.Guide, Libc.SIGKILL);
        }

        if (execution.Process >= 0)
        {
            Signal(ref execution, Libc.SIGKILL);
        }
    }

    /// <summary>To the program and its group, so that what a shell waits for ends with the shell. The number is its own until it is waited for.</summary>
    private static void Signal(ref Execution execution, int signal)
    {
        Libc.pidfd_send_signal(execution.Process, signal);
        Libc.kill(-execution.State.Pid, signal);
    }

    private static int SendSignal(ref Execution execution, int signal)
    {
        if (execution.Process < 0 || execution.Report >= 0)
        {
            return Errno.ESRCH;
        }

        return Libc.pidfd_send_signal(execution.Process, signal) < 0 ? Errno.Last : 0;
    }

    private long NextExecutionKill()
    {
        long next = long.MaxValue;
        for (int i = 0; i < _executionEnd; i++)
        {
            next = _executions[i].Owner == ExecutionOwner.None ? next : Math.Min(next, _executions[i].KillAt);
        }

        return next;
    }

    private void KillExecutions(long now)
    {
        for (int i = 0; i < _executionEnd; i++)
        {
            if (_executions[i].Owner != ExecutionOwner.None && now >= _executions[i].KillAt)
            {
                _executions[i].KillAt = long.MaxValue;
                Kill(ref _executions[i]);
            }
        }
    }

    /// <summary>
    /// The container has ended, and what ran in its process namespace with it. One that hangs in the kernel, in a namespace that the container
    /// shares, is given up after two seconds.
    /// </summary>
    private void EndExecutions()
    {
        long until = Clock.Milliseconds() + 2000;
        for (int i = 0; i < MaximumExecutions; i++)
        {
            ref Execution execution = ref _executions[i];
            while (execution.Owner != ExecutionOwner.None)
            {
                Kill(ref execution);
                int fd = execution.Report >= 0 ? execution.Report : execution.Process;
                Libc.pollfd one = new() { fd = fd, events = Libc.POLLIN };
                Libc.poll(&one, 1, (int)Math.Max(0, until - Clock.Milliseconds()));
                if (one.revents == 0)
                {
                    GiveUp(ref execution);
                }
                else if (execution.Report >= 0)
                {
                    ReadReport(ref execution);
                }
                else
                {
                    OnExecutionExit(ref execution);
                }
            }
        }

        _executionEnd = 0;
        _recordCount = _nextRecord = 0;
        RemoveRecords();
    }

    private void GiveUp(ref Execution execution)
    {
        Tell(ref execution, MessageType.Exited, new MessageBody { A = 128 + Libc.SIGKILL, B = Libc.SIGKILL }, last: true);
        Close(ref execution.Report);
        Close(ref execution.Guide);
        Close(ref execution.Process);
        Release(ref execution);
    }

    private void RemoveRecords()
    {
        if (!_anyRecord)
        {
            return;
        }

        _anyRecord = false;
        byte* path = stackalloc byte[PathText.Length(_plan->RunDirectory) + 8];
        RecordsPath(path);
        RemoveTree(path);
    }

    /// <summary>RUN/exec</summary>
    private int RecordsPath(byte* path)
    {
        int length = PathText.Length(_plan->RunDirectory);
        new ReadOnlySpan<byte>(_plan->RunDirectory, length).CopyTo(new Span<byte>(path, length));
        "/exec\0"u8.CopyTo(new Span<byte>(path + length, 6));
        return length + 5;
    }

    /// <summary>What it is, as the session wrote it, and its state. Only now: a program that could not be started leaves nothing.</summary>
    private void WriteRecord(ref Execution execution)
    {
        PlanHeader* plan = execution.Plan;
        if (plan->Record == null)
        {
            return;
        }

        _anyRecord = true;
        _events.Write("exec_start"u8, "pid"u8, execution.State.Pid);
        int slash = PathText.Cut(plan->RunDirectory);
        plan->RunDirectory[slash] = 0;
        Libc.mkdirat(Libc.AT_FDCWD, plan->RunDirectory, 0x1C0); // 0700
        plan->RunDirectory[slash] = (byte)'/';
        Libc.mkdirat(Libc.AT_FDCWD, plan->RunDirectory, 0x1C0);
        int directory = Libc.openat(Libc.AT_FDCWD, plan->RunDirectory, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
        fixed (byte* name = "config.json\0"u8)
        {
            int fd = Libc.openat(directory, name, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0x180); // 0600
            Libc.write(fd, plan->Record, (nuint)PathText.Length(plan->Record));
            Close(ref fd);
        }

        Close(ref directory);
        execution.State.Write(plan, durable: false);
    }

    /// <summary>Keeps count of the records that stay behind, and removes the oldest.</summary>
    private void RememberRecord(byte* directory)
    {
        int slash = PathText.Cut(directory);
        int length = Math.Min(PathText.Length(directory) - slash - 1, LongestIdentifier);
        fixed (byte* records = _records)
        {
            byte* place = records + (_nextRecord * (LongestIdentifier + 1));
            if (_recordCount == MaximumRecords)
            {
                byte* path = stackalloc byte[PathText.Length(_plan->RunDirectory) + LongestIdentifier + 8];
                int end = RecordsPath(path);
                path[end] = (byte)'/';
                int old = PathText.Length(place);
                new ReadOnlySpan<byte>(place, old + 1).CopyTo(new Span<byte>(path + end + 1, old + 1));
                RemoveTree(path);
            }
            else
            {
                _recordCount++;
            }

            new ReadOnlySpan<byte>(directory + slash + 1, length).CopyTo(new Span<byte>(place, length));
            place[length] = 0;
            _nextRecord = (_nextRecord + 1) % MaximumRecords;
        }
    }
}
