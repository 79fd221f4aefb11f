using System.Runtime.InteropServices;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

/// <summary>The poll loop that stays with a container: its output, its sessions, its end, its restarts.</summary>
internal sealed unsafe partial class Supervisor
{
    private const int MaximumClients = 128;

    /// <summary>How long output is awaited after the first process ended: only a process outside the container can hold the pipe.</summary>
    private const long DrainMilliseconds = 1000;

    /// <summary>The same for a container that somebody stops: whoever stops its own run reads no more.</summary>
    private const long StoppedDrainMilliseconds = 200;

    private readonly PlanHeader* _plan;
    private readonly ContainerCgroup _cgroup;
    private readonly int _listener;
    private readonly int _lock;
    private readonly int _signals;
    private readonly Client[] _clients = new Client[MaximumClients];
    private readonly byte* _buffer;
    private StateFile _state;
    private MonitorCgroup _group;
    private LogWriter _log;
    private HeldPorts _ports;
    private EventWriter _events;

    private int _process = -1;
    private int _mountNamespace = -1;
    private int _output = -1;
    private int _error = -1;
    private int _input = -1;
    private long _drainUntil = long.MaxValue;
    private long _killAt = long.MaxValue;
    private long _restartAt = long.MaxValue;
    private long _leaveSessionAt = long.MaxValue;
    private long _delay = FirstDelay;
    private long _oomBase;
    private bool _stopping;
    private bool _ended;

    /// <param name="plan">The plan.</param>
    /// <param name="listener">The control socket.</param>
    /// <param name="lockDescriptor">Holds the container's lock.</param>
    internal Supervisor(PlanHeader* plan, int listener, int lockDescriptor)
    {
        _plan = plan;
        _listener = listener;
        _lock = lockDescriptor;
        _cgroup = new ContainerCgroup(plan);
        _group = new MonitorCgroup(plan->MonitorCgroupFiles);
        _buffer = (byte*)NativeMemory.Alloc((nuint)(sizeof(LogRecordHeader) + MonitorProtocol.MaximumData));
        ulong handled = (1UL << (Libc.SIGTERM - 1)) | (1UL << (Libc.SIGINT - 1));
        _signals = Libc.signalfd4(-1, &handled, Libc.O_CLOEXEC | Libc.O_NONBLOCK);
        for (int i = 0; i < MaximumClients; i++)
        {
            _clients[i].Descriptor = -1;
        }

        _events = new EventWriter(plan);
        _state.MonitorPid = Libc.getpid();
        _state.MonitorStartTime = ProcessStatus.StartTime(_state.MonitorPid);
        _state.FailedStep = -1;
        _state.RestartCount = plan->RestartCount;
        plan->ArgumentsStart = (byte*)ProcessStatus.Field(_state.MonitorPid, ProcessStatus.ArgumentsStart);
        plan->ArgumentsEnd = (byte*)ProcessStatus.Field(_state.MonitorPid, ProcessStatus.ArgumentsEnd);
    }

    internal int Run()
    {
        ref Client session = ref _clients[0];
        session.Descriptor = MonitorProtocol.SessionDescriptor;
        _log = LogWriter.Open(_plan);
        MessageBody body = default;
        if (!HoldPorts() || !Start())
        {
            _ports.ReleaseAll(); // Whoever hears of the failure may want them at once.
            body.A = _state.FailedStep;
            body.B = _state.FailedErrno;
            session.Send(MessageType.Failed, &body, sizeof(MessageBody));

            // The session undoes what it made, and may hold the lock for that; this is for one that is gone.
            NetworkUndo.Run(_plan, patienceMilliseconds: 0);
            RemoveRunFiles();
            return 1;
        }

        body.A = _state.Pid;
        body.E = _state.PidStartTime;
        session.Attached = session.Waiting = (_plan->Flags & PlanFlags.Foreground) != 0;
        if (!session.Send(MessageType.Started, &body, sizeof(MessageBody)))
        {
            session.Close();
        }

        if (_plan->MonitorCgroupFiles != null)
        {
            // Joining another cgroup waits for the kernel (10 ms and more): not while a short container may be ending.
            _leaveSessionAt = Clock.Milliseconds() + 50;
        }

        while (!_ended)
        {
            Poll();
        }

        // A session may take its time to read the rest; nobody else has to wait for it.
        RemoveWhatIsLeft();
        Libc.close(_listener);
        Libc.close(_lock);
        FlushClients();
        _group.Leave();
        return 0;
    }

    /// <summary>The lock file lies beside the run directory, so that it outlives it: the last thing a monitor removes.</summary>
    internal static void LockPath(PlanHeader* plan, byte* path)
    {
        int length = PathText.Length(plan->RunDirectory);
        new ReadOnlySpan<byte>(plan->RunDirectory, length).CopyTo(new Span<byte>(path, length));
        ".lock\0"u8.CopyTo(new Span<byte>(path + length, 6));
    }

    /// <summary>Before the process: a port that somebody else has is no reason to run anything.</summary>
    private bool HoldPorts()
    {
        for (uint i = 0; i < _plan->PortCount; i++)
        {
            int errno = _ports.Hold(_plan->Ports + i);
            if (errno != 0)
            {
                _state.FailedStep = PlanFormat.FirstPortStep + (int)i;
                _state.FailedErrno = errno;
                return false;
            }
        }

        return true;
    }

    /// <summary>Makes the pipes, or the terminal, and the process.</summary>
    /// <returns>False with <see cref="_state"/> saying which step failed.</returns>
    private bool Start()
    {
        Streams streams = default;
        int errno = streams.Open(_plan->Flags);
        if (errno != 0)
        {
            _state.FailedStep = -1;
            _state.FailedErrno = errno;
            return false;
        }

        if (_plan->PidNamespace != null && !JoinProcessNamespace())
        {
            streams.CloseChildSide();
            streams.CloseOwnSide();
            return false;
        }

        _oomBase = _cgroup.OomKills();
        Launcher.Result result = Launcher.Launch(_plan, streams.ChildInput, streams.ChildOutput, streams.ChildError);
        streams.CloseChildSide();
        if (_plan->PidNamespace != null)
        {
            LeaveProcessNamespace();
        }

        if (result.Error != 0)
        {
            streams.CloseOwnSide();
            _state.FailedStep = result.Step;
            _state.FailedErrno = result.Error;
            return false;
        }

        _process = result.PidDescriptor;
        if (HasTerminal)
        {
            TakeTerminal(result.Terminal);
        }
        else
        {
            _output = NonBlocking(streams.Output);
            _error = NonBlocking(streams.Error);
            _input = streams.Input >= 0 ? NonBlocking(streams.Input) : -1;
        }

        _drainUntil = long.MaxValue;
        _state.Pid = result.Pid;
        _state.PidStartTime = ProcessStatus.StartTime(result.Pid);
        _state.Running = true;
        _state.Restarting = _state.Paused = _state.OomKilled = false;
        _state.StartedAt = Clock.Now();
        _state.FinishedAt = 0;
        _state.FailedStep = -1;
        _state.FailedErrno = 0;
        BeginHealth();
        HoldMounts(result.Pid, result.Root);
        _state.Write(_plan, durable: false);
        _events.Write("start"u8);
        return true;
    }

    /// <summary>Joining a process namespace takes effect for children, so the monitor does it and stays where it is itself.</summary>
    private bool JoinProcessNamespace()
    {
        int fd = Libc.openat(Libc.AT_FDCWD, _plan->PidNamespace, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        int errno = fd < 0 ? Errno.Last : 0;
        if (errno == 0)
        {
            // Looked at after the opening: a stranger that got the pid, of the host perhaps, has another start time.
            bool same = ProcessStatus.StartTime(_plan->PidNamespaceStatus) == _plan->PidNamespaceStartTime;
            errno = !same ? Errno.ESRCH : Libc.setns(fd, (int)Libc.CLONE_NEWPID) < 0 ? Errno.Last : 0;
        }

        bool joined = errno == 0;
        _state.FailedStep = -1;
        _state.FailedErrno = errno;
        Close(ref fd);
        return joined;
    }

    /// <summary>What is made next, a further program on its way into the container, is born among the host's processes again.</summary>
    private static void LeaveProcessNamespace()
    {
        fixed (byte* path = "/proc/self/ns/pid\0"u8)
        {
            int fd = Libc.openat(Libc.AT_FDCWD, path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
            Libc.setns(fd, (int)Libc.CLONE_NEWPID);
            Close(ref fd);
        }
    }

    /// <summary>
    /// Unmounting an overlay writes its upper file system out, in the last process that leaves the namespace. Holding the namespace
    /// moves that behind the report of the exit (docs/performance.md). The root is for sessions, see <see cref="MonitorProtocol.RootDescriptor"/>.
    /// </summary>
    private void HoldMounts(int pid, int root)
    {
        byte* path = stackalloc byte[40];
        "/proc/"u8.CopyTo(new Span<byte>(path, 40));
        int length = 6 + JsonText.Digits(path + 6, pid);
        "/ns/mnt\0"u8.CopyTo(new Span<byte>(path + length, 40 - length));
        _mountNamespace = Libc.openat(Libc.AT_FDCWD, path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (root >= 0)
        {
            Libc.dup3(root, MonitorProtocol.RootDescriptor, Libc.O_CLOEXEC);
            Libc.close(root);
        }
    }

    private void ReleaseMounts()
    {
        Libc.dup3(0, MonitorProtocol.RootDescriptor, Libc.O_CLOEXEC);
        Close(ref _mountNamespace);
    }

    private void Poll()
    {
        Libc.pollfd* polled = stackalloc Libc.pollfd[7 + MaximumClients + (2 * MaximumExecutions)];
        bool room = AttachedClientsHaveRoom();
        Set(polled, 0, _signals, Libc.POLLIN);
        Set(polled, 1, _listener, Libc.POLLIN);
        Set(polled, 2, _drainUntil == long.MaxValue ? _process : -1, Libc.POLLIN);
        Set(polled, 3, room ? _output : -1, Libc.POLLIN);
        Set(polled, 4, room ? _error : -1, Libc.POLLIN);
        Set(polled, 5, InputIsPending() ? _input : -1, Libc.POLLOUT);
        for (int i = 0; i < MaximumClients; i++)
        {
            ref Client client = ref _clients[i];
            short events = client.IncomingLength < Client.IncomingSize ? Libc.POLLIN : (short)0;
            Set(polled, 6 + i, client.Descriptor, client.HasOutgoing ? (short)(events + Libc.POLLOUT) : events);
        }

        int executions = SetExecutions(polled + 6 + MaximumClients);
        Libc.pollfd* health = polled + 6 + MaximumClients + executions;
        Set(health, 0, _checkOutput, Libc.POLLIN);
        if (Libc.poll(polled, (nuint)(7 + MaximumClients + executions), TimeOut()) > 0)
        {
            // Output first: what the container wrote before it ended belongs before its end.
            if (polled[3].revents != 0)
            {
                ReadStream(ref _output, 1);
            }

            if (polled[4].revents != 0)
            {
                ReadStream(ref _error, 2);
            }

            for (int i = 0; i < MaximumClients; i++)
            {
                if (polled[6 + i].revents != 0)
                {
                    Serve(ref _clients[i], polled[6 + i].revents);
                }
            }

            if (polled[5].revents != 0)
            {
                PumpInput();
            }

            if (polled[1].revents != 0)
            {
                Accept();
            }

            if (polled[0].revents != 0)
            {
                OnSignal();
            }

            if (health->revents != 0 && _checkOutput >= 0)
            {
                ReadCheckOutput();
            }

            // Before the container: its first process does not end before the programs in its process namespace are waited for.
            ServeExecutions(polled + 6 + MaximumClients, executions);
            if (polled[2].revents != 0)
            {
                OnProcessExit();
            }
        }

        OnTimers(Clock.Milliseconds());
    }

    private static void Set(Libc.pollfd* polled, int index, int fd, short events)
    {
        polled[index].fd = fd;
        polled[index].events = events;
        polled[index].revents = 0;
    }

    private int TimeOut()
    {
        long next = Math.Min(Math.Min(Math.Min(_drainUntil, _killAt), Math.Min(_restartAt, _leaveSessionAt)), NextExecutionKill());
        next = Math.Min(next, NextHealthTimer());
        if (next == long.MaxValue)
        {
            return -1;
        }

        long left = next - Clock.Milliseconds();
        return left <= 0 ? 0 : (int)Math.Min(left, int.MaxValue);
    }

    private void OnTimers(long now)
    {
        if (_drainUntil != long.MaxValue && now >= _drainUntil && !IsBeingStopped && !AttachedClientsHaveRoom())
        {
            _drainUntil = now + DrainMilliseconds; // A session reads slowly: what was written before the end still belongs to it.
        }

        if (_drainUntil != long.MaxValue && (now >= _drainUntil || (_output < 0 && _error < 0)))
        {
            CloseStreams();
            _drainUntil = long.MaxValue;
            OnEnded();
        }

        if (now >= _killAt)
        {
            _killAt = long.MaxValue;
            KillAll();
        }

        KillExecutions(now);
        OnHealthTimer(now);
        if (now >= _restartAt)
        {
            _restartAt = long.MaxValue;
            Restart();
        }

        if (now >= _leaveSessionAt)
        {
            _leaveSessionAt = long.MaxValue;
            _group.Join();
        }
    }

    private bool IsBeingStopped => _stopping || _state.StoppedByUser;

    /// <summary>The host shuts down, or somebody ends the monitor: the container is stopped as its configuration says.</summary>
    private void OnSignal()
    {
        byte* information = stackalloc byte[128]; // struct signalfd_siginfo
        while (Libc.read(_signals, information, 128) == 128)
        {
            if (_leaveSessionAt != long.MaxValue)
            {
                // The session ends, or the service that started us, and we are still in its cgroup: that is no reason to stop.
                _leaveSessionAt = long.MaxValue;
                if (_group.Join())
                {
                    continue;
                }
            }

            _stopping = true;
            Stop(_plan->StopSignal, (int)_plan->StopTimeoutMilliseconds);
        }
    }

    private static int NonBlocking(int fd)
    {
        Libc.fcntl(fd, Libc.F_SETFL, Libc.fcntl(fd, Libc.F_GETFL, 0) | Libc.O_NONBLOCK);
        return fd;
    }
}
