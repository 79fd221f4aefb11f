using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Monitor;

/// <summary>Stopping, the end of the process, restarts, and what is removed at the end.</summary>
internal sealed unsafe partial class Supervisor
{
    private const long FirstDelay = 100;

    /// <summary>Docker's limits: the delay doubles to a minute, and a run of 10 seconds counts as a good one.</summary>
    private const long LongestDelay = 60_000;

    private const long GoodRunNanoseconds = 10_000_000_000;

    /// <summary>How long a session may keep the network lock from us.</summary>
    private const int LockMilliseconds = 10_000;

    /// <summary>The same while a session waits for the news of an end.</summary>
    private const int ShortLockMilliseconds = 500;

    private uint _failures;
    private bool _networkUndone;

    /// <summary>Signal, wait, kill. A container between two runs is simply not started again.</summary>
    private void Stop(int signal, int timeoutMilliseconds)
    {
        if (_state.Restarting)
        {
            _restartAt = long.MaxValue;
            Finish();
            return;
        }

        if (_process < 0)
        {
            StopWaitingForReaders();
            return;
        }

        if (_state.Paused)
        {
            _cgroup.Freeze(false);
            _state.Paused = false;
        }

        if (timeoutMilliseconds == 0)
        {
            KillAll();
            return;
        }

        Libc.pidfd_send_signal(_process, signal);
        _events.Write("kill"u8, "signal"u8, signal);
        if (timeoutMilliseconds > 0)
        {
            _killAt = Math.Min(_killAt, Clock.Milliseconds() + timeoutMilliseconds);
        }
    }

    /// <summary>Kills the first process and everything else in the cgroup, so that nothing of a tree that ignores signals remains.</summary>
    private void KillAll()
    {
        Libc.pidfd_send_signal(_process, Libc.SIGKILL);
        _cgroup.Kill();
        _events.Write("kill"u8, "signal"u8, Libc.SIGKILL);
    }

    private void OnProcessExit()
    {
        Libc.siginfo_t information = default;
        if (Libc.waitid(Libc.P_PIDFD, _process, &information, Libc.WEXITED | Libc.WNOHANG) < 0 || information.si_pid == 0)
        {
            return;
        }

        bool exited = information.si_code == Libc.CLD_EXITED;
        _state.Signal = exited ? 0 : information.si_status;
        _state.ExitCode = exited ? information.si_status : 128 + information.si_status;
        _state.FinishedAt = Clock.Now();
        Libc.close(_process);
        _process = -1;
        _killAt = long.MaxValue;
        Close(ref _slave); // The master has an end now, behind what was written.
        if ((_plan->Flags & PlanFlags.SharedProcessNamespace) != 0)
        {
            _cgroup.Kill(); // With a namespace of its own the kernel has killed the others by now.
        }

        _drainUntil = Clock.Milliseconds() + (IsBeingStopped ? StoppedDrainMilliseconds : DrainMilliseconds);
    }

    private void CloseStreams()
    {
        Close(ref _input);
        Close(ref _slave);
        Close(ref _output);
        Close(ref _error);
    }

    private static void Close(ref int fd)
    {
        if (fd >= 0)
        {
            Libc.close(fd);
            fd = -1;
        }
    }

    private void OnEnded()
    {
        EndExecutions();
        _state.Running = _state.Paused = false;
        _state.Pid = 0;
        _state.OomKilled = _cgroup.OomKills() > _oomBase;
        _log.EndRun();
        _state.LostLogBytes = _log.Lost;
        TellOfEnd();
        if (ShouldRestart())
        {
            ReleaseMounts();
            _state.RestartCount++;
            _state.Restarting = true;
            _restartAt = Clock.Milliseconds() + _delay;
            _delay = Math.Min(_delay * 2, LongestDelay);
            _state.Write(_plan, durable: false);
            ReportExit(restarts: true);
        }
        else
        {
            Finish();
        }
    }

    private void TellOfEnd()
    {
        if (_state.OomKilled)
        {
            _events.Write("oom"u8);
        }

        _events.WriteEnd(_state.ExitCode, _state.Signal, (_state.FinishedAt - _state.StartedAt) / 1_000_000_000);
        if (IsBeingStopped)
        {
            _events.Write("stop"u8);
        }
    }

    private bool ShouldRestart()
    {
        if (_state.FinishedAt - _state.StartedAt >= GoodRunNanoseconds)
        {
            _delay = FirstDelay;
        }

        _failures = _state.ExitCode == 0 ? 0 : _failures + 1;
        if (IsBeingStopped)
        {
            return false;
        }

        return _plan->Restart switch
        {
            RestartKind.Always or RestartKind.UnlessStopped => true,
            RestartKind.OnFailure => _state.ExitCode != 0 && (_plan->RestartMaximum == 0 || _failures <= _plan->RestartMaximum),
            _ => false,
        };
    }

    private void Restart()
    {
        _state.Restarting = false;
        if (!Start())
        {
            // A plan that ran before fails now, for example because a device is gone: that is the end, with docker's code.
            _state.ExitCode = 127;
            _state.Signal = 0;
            _state.FinishedAt = Clock.Now();
            Finish();
            return;
        }

        _events.Write("restart"u8, "restartCount"u8, _state.RestartCount);
    }

    /// <summary>The container has ended for good. First the record, then the news, then what takes time.</summary>
    private void Finish()
    {
        _ended = true;
        if ((_plan->Flags & PlanFlags.NetworkDescriptor) != 0)
        {
            // The last reference: from here on the kernel takes interfaces and addresses away, while we do the rest.
            Libc.close(MonitorProtocol.NetworkDescriptor);
        }

        _ports.ReleaseAll();
        _state.Running = _state.Restarting = _state.Paused = false;
        _state.Pid = 0;
        _log.Close();
        if ((_plan->Flags & PlanFlags.RemoveOnExit) != 0)
        {
            // When the session hears of the exit, name and id are free again; the files themselves may take longer.
            // The name first: while the record is there, nobody else can have taken it.
            if (_nameFile == null)
            {
                _nameFile = _plan->NameFile;
            }

            Libc.unlinkat(Libc.AT_FDCWD, _nameFile, 0);
            Libc.renameat(Libc.AT_FDCWD, _plan->DataDirectory, Libc.AT_FDCWD, _plan->TrashDirectory);
            _events.Write("destroy"u8);
            VolumeRelease.Run(_plan);
            _networkUndone = NetworkUndo.Run(_plan, ShortLockMilliseconds);
            _cgroup.Remove();
            ReleaseMounts();
            RemoveTree(_plan->TrashDirectory);
            VolumeRelease.Delete(_plan);
            if (_networkUndone)
            {
                RemoveRunFiles();
            }
        }
        else
        {
            _state.Write(_plan, durable: false);
        }

        ReportExit(restarts: false);
    }

    private void RemoveWhatIsLeft()
    {
        // Behind the news: whoever stopped the container does this itself, under the same lock. Before the container's lock is free.
        if (!_networkUndone)
        {
            NetworkUndo.Run(_plan, LockMilliseconds);
        }

        if ((_plan->Flags & PlanFlags.RemoveOnExit) != 0)
        {
            if (!_networkUndone)
            {
                RemoveRunFiles();
            }

            return;
        }

        ReleaseMounts();
        _cgroup.Remove();
        _state.Write(_plan, durable: true);
        RemoveRunFiles();
    }

    /// <summary>The lock goes last: whoever finds it free or gone knows that nothing of this run is left.</summary>
    private void RemoveRunFiles()
    {
        RemoveTree(_plan->RunDirectory);
        byte* path = stackalloc byte[PathText.Length(_plan->RunDirectory) + 8];
        LockPath(_plan, path);
        Libc.unlinkat(Libc.AT_FDCWD, path, 0);
    }

    internal static void RemoveTree(byte* path)
    {
        int slash = PathText.Cut(path);
        path[slash] = 0;
        int parent = Libc.openat(Libc.AT_FDCWD, path, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
        path[slash] = (byte)'/';
        if (parent >= 0)
        {
            FileTree.TryRemove(parent, path + slash + 1);
            Libc.close(parent);
        }
    }

    private void ReportExit(bool restarts)
    {
        MessageBody body = new()
        {
            A = _state.ExitCode,
            B = _state.Signal,
            C = _state.OomKilled ? 1 : 0,
            D = restarts ? 1 : 0,
            E = (ulong)_state.FinishedAt,
            F = _state.LostLogBytes,
        };
        for (int i = 0; i < MaximumClients; i++)
        {
            ref Client client = ref _clients[i];
            if (client.Descriptor >= 0 && client.Waiting)
            {
                client.Waiting = client.Attached = false;
                client.Closing = true;
                if (!client.Send(MessageType.Exited, &body, sizeof(MessageBody)))
                {
                    client.Close();
                }
            }
        }
    }
}
