using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;

namespace Containers.Engine;

public sealed partial class ContainerEngine
{
    private static readonly TimeSpan s_processGrace = TimeSpan.FromSeconds(10);

    /// <summary>The processes of a running container, and its detached programs that have ended, by the pid inside.</summary>
    public IReadOnlyList<ContainerProcess> GetProcesses(string nameOrId)
    {
        string id = _store.Resolve(nameOrId);
        Container container = _store.Get(id);
        if (!container.IsRunning)
        {
            throw NotRunning(container);
        }

        return Table(container).Read(_launcher.Cgroup(_store.Record(id)).Processes());
    }

    /// <summary>Starts a program that nobody is attached to.</summary>
    /// <exception cref="EngineException">As for <see cref="StartExec"/>.</exception>
    public ContainerProcess StartProcess(string nameOrId, ExecSpec exec, IList<string> warnings, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(exec);
        using ExecSession session = StartExec(nameOrId, exec with { Detach = true }, warnings, cancellation);
        ContainerProcess process = new()
        {
            Container = session.Container.Name,
            ContainerId = session.Container.Id,
            HostPid = session.ProcessId,
            Name = Path.GetFileName(exec.Command[0]),
            Command = exec.Command,
            User = exec.User ?? "",
            ExecId = session.Id,
            Detached = true,
            StartTime = session.ProcessStartTime,
        };
        return Look(process);
    }

    /// <summary>Waits until a process has ended.</summary>
    /// <param name="process">From <see cref="GetProcesses"/> or <see cref="StartProcess"/>.</param>
    /// <param name="timeout">Null for ever.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The process, with its exit code if it was a detached program.</returns>
    /// <exception cref="EngineException">WaitTimeout.</exception>
    public ContainerProcess WaitProcess(ContainerProcess process, TimeSpan? timeout, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(process);
        int milliseconds = timeout is { } time ? (int)Math.Min(Math.Max(0, time.TotalMilliseconds), int.MaxValue) : -1;
        if (!process.HasExited && !Identity(process).AwaitEnd(milliseconds, cancellation))
        {
            throw new EngineException(
                EngineErrorKind.OperationTimeout, "WaitTimeout",
                $"Process {process} in container \"{process.Container}\" still runs.", process, "Wait longer, or stop it: Stop-ContainerProcess.");
        }

        return AfterEnd(process);
    }

    /// <summary>Ends a process: a signal, a wait, then the kill.</summary>
    /// <param name="process">From <see cref="GetProcesses"/> or <see cref="StartProcess"/>. One that has ended is returned as it is.</param>
    /// <param name="signal">Name or number; null for SIGTERM.</param>
    /// <param name="timeout">Until the kill; null for ten seconds, negative for ever.</param>
    /// <param name="force">Kill at once.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="EngineException">ContainerPaused, InvalidSignal, PermissionDenied.</exception>
    public ContainerProcess StopProcess(ContainerProcess process, string? signal, TimeSpan? timeout, bool force, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(process);
        int number = force ? Libc.SIGKILL : SignalNames.Parse(signal ?? "SIGTERM");
        if (_store.TryGet(process.ContainerId) is { State: ContainerState.Paused } paused)
        {
            throw Paused(paused);
        }

        TimeSpan grace = timeout ?? s_processGrace;
        int milliseconds = grace < TimeSpan.Zero ? -1 : (int)Math.Min(grace.TotalMilliseconds, int.MaxValue);
        ProcessIdentity identity = Identity(process);
        if (process.HasExited || !identity.TrySignal(number))
        {
            return AfterEnd(process);
        }

        if (!identity.AwaitEnd(milliseconds, cancellation))
        {
            identity.TrySignal(Libc.SIGKILL);
            identity.AwaitEnd(-1, cancellation);
        }

        return AfterEnd(process);
    }

    private ProcessTable Table(Container container)
    {
        using RootedDirectory? root = ContainerLauncher.TryOpenRoot(_store.State(container.Id));
        return new ProcessTable(container, root is null ? [] : ContainerLauncher.ReadUsers(root), _paths.Executions(container.Id));
    }

    private static ProcessIdentity Identity(ContainerProcess process) => new(process.HostPid, process.StartTime);

    /// <summary>A process that was just started, with what procfs says of it; one that has ended already, by its record.</summary>
    private ContainerProcess Look(ContainerProcess process)
    {
        if (_store.TryGet(process.ContainerId) is { IsRunning: true } container
            && Table(container).TryRead(process.HostPid, out ContainerProcess now, out _) && now.StartTime == process.StartTime)
        {
            return now with { ExecId = process.ExecId, Detached = process.Detached };
        }

        return AfterEnd(process);
    }

    /// <summary>The monitor writes the exit code when it has waited for the process, a moment after the end; with the container the record goes.</summary>
    private ContainerProcess AfterEnd(ContainerProcess process)
    {
        ContainerProcess ended = process with { State = ProcessState.Exited, HasExited = true };
        if (process.ExecId is null || !process.Detached)
        {
            return ended;
        }

        string directory = _paths.Executions(process.ContainerId) + "/" + process.ExecId;
        for (long until = Environment.TickCount64 + 2000; Environment.TickCount64 < until; Thread.Sleep(2))
        {
            if (ProcessTable.TryReadProgram(directory) is { } program)
            {
                if (program.State.Status == "exited")
                {
                    return ended with
                    {
                        Pid = program.State.InnerPid,
                        ExitCode = program.State.ExitCode ?? 0,
                        Exited = DateTimeOffset.UnixEpoch.AddTicks(program.State.FinishedAt / 100),
                    };
                }
            }
            else if (!Directory.Exists(directory))
            {
                break;
            }

            if (!_store.HasMonitor(process.ContainerId))
            {
                break;
            }
        }

        return ended;
    }
}
