using Containers.Engine.Events;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;

namespace Containers.Engine;

public sealed partial class ContainerEngine
{
    /// <param name="nameOrId">The container.</param>
    /// <param name="timeout">Until the kill; null for the container's own (ten seconds); negative waits for ever.</param>
    /// <param name="signal">Name or number; null for the container's own (SIGTERM).</param>
    /// <param name="force">Kill at once; also a paused container.</param>
    /// <param name="cancellation">Ends the wait; the stop goes on.</param>
    /// <returns>The stopped container; a container that removed itself as it was last seen.</returns>
    public Container Stop(string nameOrId, TimeSpan? timeout, string? signal, bool force, CancellationToken cancellation)
    {
        string id = _store.Resolve(nameOrId);
        Container container = _store.Get(id);
        if (container.State is not (ContainerState.Running or ContainerState.Paused or ContainerState.Restarting))
        {
            return container;
        }

        if (container.State == ContainerState.Paused && !force)
        {
            throw Paused(container);
        }

        ContainerSpec spec = container.Spec!;
        int number = signal is null ? StopSignal(container) : SignalNames.Parse(signal);
        TimeSpan wait = force ? TimeSpan.Zero : timeout ?? spec.Process.StopTimeout ?? TimeSpan.FromSeconds(10);
        int milliseconds = wait < TimeSpan.Zero ? -1 : (int)Math.Min(wait.TotalMilliseconds, int.MaxValue);
        using MonitorConnection? monitor = MonitorConnection.TryConnect(_paths.Run(id));
        if (monitor is null)
        {
            StopUnsupervised(container, number, milliseconds, cancellation);
        }
        else
        {
            monitor.Send(MessageType.Stop, new MessageBody { A = number, B = milliseconds, C = force ? 1 : 0 });
            while (monitor.Receive(out MessageType type, out ReadOnlyMemory<byte> data, cancellation))
            {
                if (type == MessageType.Refused)
                {
                    throw Refusal(container, MessageType.Stop, MonitorConnection.Body(data).B);
                }

                if (type == MessageType.Exited)
                {
                    MessageBody body = MonitorConnection.Body(data);
                    container = container with
                    {
                        State = ContainerState.Exited, ProcessId = 0, ExitCode = body.A, Signal = body.B == 0 ? null : body.B, OomKilled = body.C != 0,
                        Finished = DateTimeOffset.UnixEpoch.AddTicks((long)body.E / 100),
                    };
                    break;
                }
            }

            if (container.State != ContainerState.Exited && _store.TryGet(id) is { IsRunning: true, Supervised: false } orphan)
            {
                StopUnsupervised(orphan, number, milliseconds, cancellation); // The monitor was killed over it.
            }
        }

        ReleaseNetwork(id);
        return _store.TryGet(id) ?? container;
    }

    /// <param name="nameOrId">A running container.</param>
    /// <param name="signal">Name with or without SIG, or number.</param>
    public void SendSignal(string nameOrId, string signal)
    {
        int number = SignalNames.Parse(signal);
        Container container = _store.Get(_store.Resolve(nameOrId));
        if (!container.IsRunning)
        {
            throw NotRunning(container);
        }

        if (container.Supervised)
        {
            Ask(container, MessageType.Signal, new MessageBody { A = number });
        }
        else
        {
            SignalProcess(container, number);
            _events.Write(_store.Record(container.Id), EventActions.Kill, ("signal", Text(number)));
        }
    }

    public Container Suspend(string nameOrId) => Pause(nameOrId, MessageType.Pause);

    public Container Resume(string nameOrId) => Pause(nameOrId, MessageType.Resume);

    /// <param name="nameOrId">The container.</param>
    /// <param name="force">Kills a running one first; otherwise ContainerRunning.</param>
    /// <param name="cancellation">Ends the wait for a kill.</param>
    /// <param name="volumes">The anonymous volumes that only it has go, too; those of a container that removes itself always do.</param>
    public void Remove(string nameOrId, bool force, CancellationToken cancellation, bool volumes = false)
    {
        string id = _store.Resolve(nameOrId);
        while (!TryRemove(id, force, volumes, cancellation))
        {
        }
    }

    /// <returns>False when another session started it between the look and the lock: look again.</returns>
    private bool TryRemove(string id, bool force, bool volumes, CancellationToken cancellation)
    {
        Container container = _store.Get(id);
        if (container.State is ContainerState.Running or ContainerState.Paused or ContainerState.Restarting)
        {
            if (!force)
            {
                throw new EngineException(
                    EngineErrorKind.ResourceBusy, "ContainerRunning", $"Container \"{container.Name}\" is running.", container.Name,
                    $"Stop it first, or use: Remove-Container {container.Name} -Force");
            }

            Stop(id, null, null, force: true, cancellation);
        }

        if (!Directory.Exists(_paths.Container(id)))
        {
            return true; // It removed itself.
        }

        if (container.State == ContainerState.Damaged)
        {
            KillDamaged(id, force, cancellation);
        }

        using FileLock turn = Lock(id, cancellation);
        Container? now = _store.TryGet(id);
        if (now is null)
        {
            return true; // Another session was faster.
        }

        if (now.State is ContainerState.Running or ContainerState.Paused or ContainerState.Restarting)
        {
            return false;
        }

        ContainerRecord? record = _store.TryGetRecord(id);
        if (record is not null && !_store.HasMonitor(id))
        {
            _launcher.RemoveLeftovers(record, _launcher.Cgroup(record));
        }

        // A monitor that is just finishing removes its own: the record can go at once. Of the network it leaves the files.
        _networks.Release(id);
        Files.Rename(_paths.Container(id), _paths.TrashOf(id));
        if (record is not null)
        {
            _store.Names.Release(record.Name, id);
            _containerVolumes.Release(record, volumes || record.Spec.RemoveOnExit);
        }
        else
        {
            _store.Names.ReleaseAll(id);
        }

        if (record is not null)
        {
            _events.Write(record, EventActions.Destroy);
        }
        else
        {
            _events.Write(ContainerEventType.Container, EventActions.Destroy, id, "");
        }

        _storage.Release(_paths.TrashOf(id));
        FileTree.Remove(_paths.TrashOf(id));
        return true;
    }

    /// <summary>What the record says cannot be read, but the monitor knows what runs: without this its process would be nobody's.</summary>
    private void KillDamaged(string id, bool force, CancellationToken cancellation)
    {
        using MonitorConnection? monitor = MonitorConnection.TryConnect(_paths.Run(id));
        if (monitor is null)
        {
            return;
        }

        if (!force)
        {
            throw new EngineException(
                EngineErrorKind.ResourceBusy, "ContainerRunning", $"Container \"{id[..12]}\" is damaged, and it is running.", id,
                $"Use: Remove-Container {id[..12]} -Force");
        }

        monitor.Send(MessageType.Stop, new MessageBody { C = 1 });
        while (monitor.Receive(out MessageType type, out _, cancellation) && type != MessageType.Exited)
        {
        }
    }

    private Container Pause(string nameOrId, MessageType type)
    {
        Container container = _store.Get(_store.Resolve(nameOrId));
        if (!container.IsRunning)
        {
            throw NotRunning(container);
        }

        Ask(container, type, default);
        return _store.Get(container.Id);
    }

    private int StopSignal(Container container) =>
        LaunchPlanCompiler.StopSignal(container.Spec!, ContainerLauncher.Defaults(Images.Open(container.ImageId).Config));

    /// <summary>The monitor was killed: the session does its work, on the process and the cgroup.</summary>
    private void StopUnsupervised(Container container, int signal, int milliseconds, CancellationToken cancellation)
    {
        ContainerRecord record = _store.Record(container.Id);
        StateRecord state = _store.State(container.Id);
        ProcessIdentity process = new(state.Pid, state.PidStartTime);
        if (milliseconds != 0 && process.IsAlive)
        {
            SignalProcess(container, signal);
            _events.Write(record, EventActions.Kill, ("signal", Text(signal)));
            process.AwaitEnd(milliseconds, cancellation);
        }

        using FileLock turn = Lock(container.Id, cancellation);
        StateRecord now = _store.State(container.Id);
        if (_store.HasMonitor(container.Id) || now.Pid != state.Pid || now.PidStartTime != state.PidStartTime || now.Status == "exited")
        {
            return; // Its monitor did end it, or another session has, and may have started it again.
        }

        _launcher.RemoveLeftovers(record, _launcher.Cgroup(record));
        _store.Write(container.Id, now with { Status = "exited", Pid = 0, ExitCode = null, FinishedAt = 0, StoppedByUser = 1 });
        _events.Write(record, EventActions.Die); // Without an exit code: nobody saw it.
        _events.Write(record, EventActions.Stop);
    }

    private static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private void SignalProcess(Container container, int signal)
    {
        StateRecord state = _store.State(container.Id);
        if (!new ProcessIdentity(state.Pid, state.PidStartTime).TrySignal(signal))
        {
            throw NotRunning(container);
        }
    }
}
