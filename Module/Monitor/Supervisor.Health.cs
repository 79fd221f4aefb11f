using System.Runtime.InteropServices;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

/// <summary>
/// The health check, with docker's rules: a further program like others, whose plan lies beside the container's own, every so often. It runs
/// while the container does, not while it is paused or being stopped; a new run begins as "starting".
/// </summary>
internal sealed unsafe partial class Supervisor
{
    /// <summary>What is kept of a check's output; the rest is read and dropped.</summary>
    private const int HealthOutput = 4096;

    private const int HealthResults = 5;

    /// <summary>Processes that a check may have left in sessions of their own and that are ended with it.</summary>
    private const int LargestTree = 256;

    /// <summary>The last checks, oldest first; null until the first one.</summary>
    private HealthResult* _results;
    private int _resultCount;

    /// <summary>The check that runs: its place among the further programs, or -1.</summary>
    private int _check = -1;
    private int _checkOutput = -1;
    private HealthResult* _checkResult;

    private long _checkAt = long.MaxValue;
    private long _checkDeadline = long.MaxValue;
    private long _startPeriodEnd;
    private bool _restartAfterStop;

    /// <summary>Where a session has set another check: its path. Else it is in the plan's own memory.</summary>
    private byte* _healthPath;

    /// <summary>The check that runs is none any more: what it finds says nothing.</summary>
    private bool _checkIsOld;

    private bool HasHealthCheck => _plan->HealthPlan != null;

    /// <summary>A new run: nothing is known of it.</summary>
    private void BeginHealth()
    {
        if (!HasHealthCheck)
        {
            return;
        }

        if (_results == null)
        {
            _results = (HealthResult*)NativeMemory.AllocZeroed((nuint)(sizeof(HealthResult) * (HealthResults + 1)));
            _checkResult = _results + HealthResults;
        }

        long now = Clock.Milliseconds();
        _startPeriodEnd = now + _plan->Health.StartPeriod;
        _state.Health = HealthState.Starting;
        _state.FailingStreak = 0;
        _resultCount = 0;
        _restartAfterStop = false;
        _checkAt = _check < 0 ? now + HealthInterval(now) : long.MaxValue; // One that is being ended comes first.
        WriteHealth();
    }

    /// <summary>While it starts, and until its first success, a container may be looked at more often.</summary>
    private long HealthInterval(long now) =>
        _state.Health == HealthState.Starting && now < _startPeriodEnd ? _plan->Health.StartInterval : _plan->Health.Interval;

    private long NextHealthTimer() => Math.Min(_checkAt, _checkDeadline);

    private void OnHealthTimer(long now)
    {
        if (now >= _checkDeadline)
        {
            _checkDeadline = long.MaxValue;
            _checkResult->Errno = Errno.ETIMEDOUT;
            KillTree(ref _executions[_check]);
        }

        if (now < _checkAt)
        {
            return;
        }

        _checkAt = long.MaxValue;
        if (_process >= 0 && !_state.Paused)
        {
            BeginCheck();
        }
        else if (_process >= 0)
        {
            _checkAt = now + _plan->Health.Interval;
        }
    }

    /// <summary>A session has set another check, other times for it, or that there is none.</summary>
    /// <returns>An errno, or 0.</returns>
    private int SetHealth(byte* data, int length)
    {
        int text = length - sizeof(PlanHealth);
        if (length != 0 && (text < 0 || new ReadOnlySpan<byte>(data + sizeof(PlanHealth), text).Contains((byte)0) || (text == 0 && !HasHealthCheck)))
        {
            return Errno.EINVAL;
        }

        long now = Clock.Milliseconds();
        if (text != 0 && _check >= 0)
        {
            _checkIsOld = true;
            _checkDeadline = now; // Ended with all that it has started, as one that takes too long.
        }

        if (length == 0)
        {
            _plan->HealthPlan = null;
            _checkAt = long.MaxValue;
            _state.Health = HealthState.None;
            _state.FailingStreak = 0;
            _state.Write(_plan, durable: false);
            return 0;
        }

        _startPeriodEnd += ((PlanHealth*)data)->StartPeriod - _plan->Health.StartPeriod;
        _plan->Health = *(PlanHealth*)data;
        if (text == 0)
        {
            if (_check < 0 && _process >= 0)
            {
                _checkAt = now + HealthInterval(now);
            }

            return 0;
        }

        _healthPath = (byte*)NativeMemory.Realloc(_healthPath, (nuint)text + 1);
        new ReadOnlySpan<byte>(data + sizeof(PlanHealth), text).CopyTo(new Span<byte>(_healthPath, text));
        _healthPath[text] = 0;
        _plan->HealthPlan = _healthPath;
        if (_process >= 0)
        {
            BeginHealth();
            _state.Write(_plan, durable: false);
        }

        return 0;
    }

    /// <summary>A session wants a check now. One that runs already is as good.</summary>
    private int TestHealth(ref Client client)
    {
        if (!HasHealthCheck)
        {
            return Errno.ENODATA;
        }

        if (_process < 0 || IsEnding)
        {
            return Errno.ESRCH;
        }

        if (_state.Paused)
        {
            return Errno.EBUSY;
        }

        client.AwaitsHealth = true;
        if (_check < 0)
        {
            BeginCheck();
        }

        return 0;
    }

    private bool IsEnding => IsBeingStopped || _killAt != long.MaxValue || _restartAfterStop;

    private void BeginCheck()
    {
        if (IsEnding)
        {
            return; // It is on its way out: what a check would find says nothing.
        }

        _checkAt = long.MaxValue;
        *_checkResult = new HealthResult { Start = Clock.Now() };
        int* pipe = stackalloc int[2];
        PlanHeader* plan = PlanMemory.Load(_plan->HealthPlan, out int errno);
        if (plan == null)
        {
            EndCheck(-1, errno);
            return;
        }

        if (Libc.pipe2(pipe, Libc.O_CLOEXEC) < 0)
        {
            errno = Errno.Last;
            PlanMemory.Free(plan);
            EndCheck(-1, errno);
            return;
        }

        errno = Begin(plan, ExecutionOwner.Health, -1, pipe[1], pipe[1], out int place);
        Libc.close(pipe[1]);
        if (errno != 0)
        {
            Libc.close(pipe[0]);
            PlanMemory.Free(plan);
            EndCheck(-1, Math.Abs(errno));
            return;
        }

        _check = place;
        _checkOutput = NonBlocking(pipe[0]);
        _checkDeadline = Clock.Milliseconds() + _plan->Health.Timeout;
    }

    private void ReadCheckOutput()
    {
        nint got;
        do
        {
            int room = HealthOutput - _checkResult->Length;
            got = Libc.read(_checkOutput, room > 0 ? _checkResult->Output + _checkResult->Length : _buffer, (nuint)(room > 0 ? room : MonitorProtocol.MaximumData));
            _checkResult->Length += room > 0 && got > 0 ? (int)got : 0;
        }
        while (got > 0 && _check < 0); // At the end all that is there; while it runs one piece at a time.

        if (got == 0)
        {
            Close(ref _checkOutput);
        }
    }

    /// <summary>The check has ended, or could not begin.</summary>
    /// <param name="exitCode">Its exit code; -1 without one.</param>
    /// <param name="errno">Why it could not be started, or 0.</param>
    private void EndCheck(int exitCode, int errno)
    {
        bool timedOut = _checkResult->Errno == Errno.ETIMEDOUT;
        _check = -1;
        _checkDeadline = long.MaxValue;
        if (_checkOutput >= 0)
        {
            ReadCheckOutput(); // What it left behind may hold the pipe: nothing is waited for.
            Close(ref _checkOutput);
        }

        bool old = _checkIsOld;
        _checkIsOld = false;
        if (_process < 0 || IsEnding)
        {
            AnswerHealth(Errno.ESRCH); // The container ended under it.
            return;
        }

        if (old)
        {
            AnswerHealth(Errno.ENODATA);
            _checkAt = HasHealthCheck ? Clock.Milliseconds() + _plan->Health.Interval : long.MaxValue;
            return;
        }

        _checkResult->End = Clock.Now();
        _checkResult->ExitCode = timedOut ? -1 : exitCode;
        _checkResult->Errno = timedOut ? Errno.ETIMEDOUT : errno;
        Remember();

        long now = Clock.Milliseconds();
        HealthState before = _state.Health;
        uint streak = _state.FailingStreak;
        if (exitCode == 0 && _checkResult->Errno == 0)
        {
            _state.Health = HealthState.Healthy;
            _state.FailingStreak = 0;
        }
        else if (before != HealthState.Starting || now >= _startPeriodEnd)
        {
            _state.FailingStreak++;
            _state.Health = _state.FailingStreak >= _plan->Health.Retries ? HealthState.Unhealthy : before;
        }

        _checkAt = now + HealthInterval(now);
        WriteHealth();
        if (_state.Health != before || _state.FailingStreak != streak)
        {
            _state.Write(_plan, durable: false);
        }

        AnswerHealth(0);
        if (_state.Health != before)
        {
            _events.Write("health_status"u8, "healthStatus"u8, Word(_state.Health));
            if (_state.Health == HealthState.Unhealthy)
            {
                OnUnhealthy();
            }
        }
    }

    internal static ReadOnlySpan<byte> Word(HealthState health) => health switch
    {
        HealthState.Starting => "starting"u8,
        HealthState.Healthy => "healthy"u8,
        HealthState.Unhealthy => "unhealthy"u8,
        _ => "none"u8,
    };

    private void OnUnhealthy()
    {
        switch (_plan->Health.Action)
        {
            case HealthAction.Kill:
                KillAll(); // What comes then is the restart policy's.
                break;
            case HealthAction.Stop:
                _state.StoppedByUser = true;
                Stop(_plan->StopSignal, (int)_plan->StopTimeoutMilliseconds);
                break;
            case HealthAction.Restart:
                _restartAfterStop = true;
                Stop(_plan->StopSignal, (int)_plan->StopTimeoutMilliseconds);
                break;
            default:
                break;
        }
    }

    private void AnswerHealth(int errno)
    {
        MessageBody body = new()
        {
            A = _checkResult->ExitCode, B = errno != 0 ? errno : _checkResult->Errno, C = (int)_state.Health, D = (int)_state.FailingStreak,
            E = (ulong)_checkResult->Start, F = (ulong)(_checkResult->End - _checkResult->Start),
        };
        for (int i = 0; i < MaximumClients; i++)
        {
            ref Client client = ref _clients[i];
            if (client.Descriptor >= 0 && client.AwaitsHealth)
            {
                client.AwaitsHealth = false;
                if (!client.Send(errno == 0 ? MessageType.HealthChecked : MessageType.Refused, &body, sizeof(MessageBody)))
                {
                    Drop(ref client);
                }
            }
        }
    }

    private void Remember()
    {
        if (_resultCount == HealthResults)
        {
            for (int i = 1; i < HealthResults; i++)
            {
                _results[i - 1] = _results[i];
            }

            _resultCount--;
        }

        _results[_resultCount++] = *_checkResult;
    }

    /// <summary>health.json: {"log":[{"start":N,"end":N,"exitCode":N,"errno":N,"output":TEXT}]}, oldest first. Engine: HealthLogRecord.</summary>
    private void WriteHealth()
    {
        int size = 64;
        for (int i = 0; i < _resultCount; i++)
        {
            size += 256 + (_results[i].Length * 6);
        }

        byte* text = (byte*)NativeMemory.Alloc((nuint)size);
        JsonText json = new(text);
        json.Begin();
        json.BeginList("log"u8);
        for (int i = 0; i < _resultCount; i++)
        {
            HealthResult* result = _results + i;
            json.Begin();
            json.Add("start"u8, result->Start);
            json.Add("end"u8, result->End);
            json.Add("exitCode"u8, result->ExitCode);
            json.Add("errno"u8, result->Errno);
            json.AddEscaped("output"u8, new ReadOnlySpan<byte>(result->Output, result->Length));
            json.EndItem();
        }

        json.EndList();
        json.End();
        int directory = Libc.openat(Libc.AT_FDCWD, _plan->DataDirectory, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
        if (directory >= 0)
        {
            fixed (byte* temporary = ".health.json.tmp\0"u8, name = "health.json\0"u8)
            {
                StateFile.Replace(directory, temporary, name, text, json.Length, durable: false);
            }

            Libc.close(directory);
        }

        NativeMemory.Free(text);
    }

    /// <summary>
    /// Kills a program, its process group, and whatever descends from it or is of its session, so far as it is still to be found under it: a
    /// check that hangs must not pile up processes.
    /// </summary>
    private static void KillTree(ref Execution execution)
    {
        int* found = stackalloc int[LargestTree];
        int count = 0;
        if (execution.State.Pid > 0)
        {
            found[count++] = execution.State.Pid;
            int before;
            do
            {
                before = count;
                count = FindDescendants(found, count);
            }
            while (count > before && count < LargestTree);
        }

        // From the leaves up: nothing is found a new parent before it is dealt with, except what was too quick for the look.
        for (int i = count - 1; i > 0; i--)
        {
            Libc.kill(found[i], Libc.SIGKILL);
        }

        Kill(ref execution);
    }

    /// <summary>Adds the processes whose parent is among those found, or whose session the first of them leads.</summary>
    private static int FindDescendants(int* found, int count)
    {
        const int Size = 4096;
        byte* entries = stackalloc byte[Size];
        int proc;
        fixed (byte* path = "/proc\0"u8)
        {
            proc = Libc.openat(Libc.AT_FDCWD, path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
        }

        nint got;
        while (proc >= 0 && (got = Libc.getdents64(proc, entries, Size)) > 0)
        {
            // struct linux_dirent64: inode, offset, length (16 bits at 16), type, name from 19.
            for (nint at = 0; at < got; at += *(ushort*)(entries + at + 16))
            {
                int pid = Number(entries + at + 19);
                if (pid > 0 && count < LargestTree && !Contains(found, count, pid)
                    && (Contains(found, count, (int)ProcessStatus.Field(pid, ProcessStatus.Parent))
                        || (int)ProcessStatus.Field(pid, ProcessStatus.Session) == found[0]))
                {
                    found[count++] = pid;
                }
            }
        }

        if (proc >= 0)
        {
            Libc.close(proc);
        }

        return count;
    }

    private static bool Contains(int* found, int count, int pid) => new ReadOnlySpan<int>(found, count).Contains(pid);

    private static int Number(byte* name)
    {
        int value = 0;
        for (; *name != 0; name++)
        {
            if (*name is < (byte)'0' or > (byte)'9')
            {
                return 0;
            }

            value = (value * 10) + (*name - '0');
        }

        return value;
    }

    /// <summary>One check.</summary>
    private struct HealthResult
    {
        internal long Start;
        internal long End;
        internal int ExitCode;

        /// <summary>Why there is no exit code: ETIMEDOUT, or what prevented the start.</summary>
        internal int Errno;
        internal int Length;
        internal fixed byte Output[HealthOutput];
    }
}
