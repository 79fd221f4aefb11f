using System.Runtime.InteropServices;
using Containers.Engine.Events;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Engine;

public sealed partial class ContainerEngine
{
    /// <summary>How long a start waits for the monitor of the run before to finish: it may be writing a large layer out.</summary>
    private static readonly TimeSpan s_finishTime = TimeSpan.FromSeconds(60);

    /// <summary>Starts detached. An already running container is returned as it is.</summary>
    public Container Start(string nameOrId, IList<string> warnings, CancellationToken cancellation)
    {
        string id = _store.Resolve(nameOrId);
        using FileLock turn = Lock(id, cancellation);
        Container now = _store.Get(id);
        if (now.State == ContainerState.Paused)
        {
            throw Paused(now);
        }

        if (now.State is not (ContainerState.Running or ContainerState.Restarting))
        {
            Launch(id, foreground: false, default, warnings, cancellation).Dispose();
            now = _store.Get(id);
        }

        return now;
    }

    /// <summary>Starts in the foreground: the session gets the output as it comes. Dispose it to let go (the container runs on).</summary>
    /// <param name="nameOrId">The container.</param>
    /// <param name="warnings">Filled with what succeeded with a limit.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <param name="size">First size of its terminal, if it has one.</param>
    /// <exception cref="EngineException">ContainerRunning.</exception>
    public RunSession StartAttached(string nameOrId, IList<string> warnings, CancellationToken cancellation, TerminalSize size = default)
    {
        string id = _store.Resolve(nameOrId);
        using FileLock turn = Lock(id, cancellation);
        Container now = _store.Get(id);
        if (now.State is ContainerState.Running or ContainerState.Restarting or ContainerState.Paused)
        {
            throw new EngineException(
                EngineErrorKind.InvalidOperation, "ContainerRunning", $"Container \"{now.Name}\" is already running.", now.Name,
                $"Stop it first: Stop-Container {now.Name}");
        }

        _events.Write(_store.Record(id), EventActions.Attach);
        MonitorConnection connection = Launch(id, foreground: true, size, warnings, cancellation);
        return new RunSession(now, connection, () => ReleaseNetwork(id, starting: true));
    }

    /// <summary>
    /// Attaches to a container that runs: its output from now on, and its input, which several sessions may share. Dispose to let go.
    /// </summary>
    /// <exception cref="EngineException">ContainerNotRunning, ContainerPaused, TooManySessions.</exception>
    public RunSession Attach(string nameOrId, CancellationToken cancellation)
    {
        string id = _store.Resolve(nameOrId);
        Container now = _store.Get(id);
        if (now.State == ContainerState.Paused)
        {
            throw Paused(now);
        }

        MonitorConnection connection = MonitorConnection.TryConnect(_paths.Run(id)) ?? throw NotRunning(now);
        try
        {
            connection.Send(MessageType.Attach, default(MessageBody));
            if (!connection.Receive(out MessageType answer, out ReadOnlyMemory<byte> data, cancellation))
            {
                throw _store.Get(id) is { IsRunning: true } full ? TooManySessions(full) : NotRunning(now);
            }

            if (answer == MessageType.Refused)
            {
                throw Refusal(now, MessageType.Attach, MonitorConnection.Body(data).B);
            }

            _events.Write(_store.Record(id), EventActions.Attach);
            return new RunSession(now, connection, () => ReleaseNetwork(id));
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public Container Restart(string nameOrId, TimeSpan? timeout, string? signal, IList<string> warnings, CancellationToken cancellation)
    {
        string id = _store.Resolve(nameOrId);
        if (_store.Get(id).State is ContainerState.Running or ContainerState.Restarting or ContainerState.Paused)
        {
            Stop(id, timeout, signal, force: false, cancellation);
        }

        Container started = Start(id, warnings, cancellation);
        _events.Write(_store.Record(id), EventActions.Restart);
        return started;
    }

    private MonitorConnection Launch(
        string id, bool foreground, TerminalSize size, IList<string> warnings, CancellationToken cancellation)
    {
        ContainerRecord record = _store.Record(id);
        _store.Prepare();
        RequireJournal(record.Spec.Log, record.Name);
        AwaitMonitorEnd(record, cancellation);
        MonitorConnection connection = _launcher.Launch(record, foreground, size, warnings, cancellation);
        if (!record.Started && !record.Spec.RemoveOnExit)
        {
            _store.Write(record with { Started = true }, durable: false);
        }

        return connection;
    }

    /// <summary>
    /// The end of a run that this session saw: addresses, ports and rules go now. When somebody else works on the container they will.
    /// </summary>
    /// <param name="id">The container.</param>
    /// <param name="starting">
    /// After a run in the foreground often comes the next one: the rules of the network, which belong to no container, stay until a cmdlet
    /// that starts nothing comes along.
    /// </param>
    private void ReleaseNetwork(string id, bool starting = false)
    {
        if (_networks.Store.State(id) is null)
        {
            return;
        }

        try
        {
            using FileLock? turn = FileLock.TryTake(_paths.Operations(id), TimeSpan.Zero, CancellationToken.None);
            if (turn is null || _store.TryGet(id)?.State is ContainerState.Running or ContainerState.Paused or ContainerState.Restarting)
            {
                return;
            }

            _networks.Release(id, starting);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            _networks.Release(id, starting); // It removed itself.
        }
    }

    /// <summary>A container whose process has ended still has a monitor for a moment, which unmounts and writes the last state.</summary>
    private void AwaitMonitorEnd(ContainerRecord record, CancellationToken cancellation)
    {
        long until = Environment.TickCount64 + (long)s_finishTime.TotalMilliseconds;
        int wait = 1;
        while (_store.HasMonitor(record.Id))
        {
            if (Environment.TickCount64 > until)
            {
                throw new EngineException(
                    EngineErrorKind.OperationTimeout, "MonitorBusy", $"The last run of container \"{record.Name}\" does not come to its end.", record.Name,
                    "Its disk may be slow or hanging; try again later.");
            }

            cancellation.WaitHandle.WaitOne(wait);
            cancellation.ThrowIfCancellationRequested();
            wait = Math.Min(wait * 2, 50);
        }
    }

    private static EngineException Paused(Container container) => new(
        EngineErrorKind.InvalidOperation, "ContainerPaused", $"Container \"{container.Name}\" is paused.", container.Name,
        $"Run: Resume-Container {container.Name}");

    private static EngineException TooManySessions(Container container) => new(
        EngineErrorKind.LimitsExceeded, "TooManySessions", $"Too many sessions are connected to container \"{container.Name}\".", container.Name,
        "Let one of them go first.");

    private static EngineException NotRunning(Container container) => new(
        EngineErrorKind.InvalidOperation, "ContainerNotRunning", $"Container \"{container.Name}\" is not running.", container.Name,
        $"Run: Start-Container {container.Name}");

    /// <summary>Sends one request to a container's monitor and gives a refusal its meaning.</summary>
    private void Ask(Container container, MessageType type, MessageBody body) =>
        AskWith(container, type, MemoryMarshal.AsBytes(new ReadOnlySpan<MessageBody>(in body)));

    private void AskWith(Container container, MessageType type, ReadOnlySpan<byte> message)
    {
        using MonitorConnection monitor = MonitorConnection.TryConnect(_paths.Run(container.Id)) ?? throw NotRunning(container);
        monitor.TrySend(type, message); // One that has just left does not answer.
        if (!monitor.Receive(out MessageType answer, out ReadOnlyMemory<byte> data, CancellationToken.None))
        {
            throw NotRunning(_store.Get(container.Id)); // It ended in this moment.
        }

        if (answer == MessageType.Refused)
        {
            throw Refusal(container, type, MonitorConnection.Body(data).B);
        }
    }

    private static EngineException Refusal(Container container, MessageType request, int errno) => errno switch
    {
        Errno.ESRCH => NotRunning(container),
        Errno.EBUSY when request == MessageType.Pause => new EngineException(
            EngineErrorKind.ResourceBusy, "ContainerStopping", $"Container \"{container.Name}\" is being stopped.", container.Name,
            "Wait until it has stopped."),
        Errno.EBUSY => Paused(container),
        Errno.EEXIST when request == MessageType.Pause => new EngineException(
            EngineErrorKind.InvalidOperation, "ContainerPaused", $"Container \"{container.Name}\" is already paused.", container.Name,
            $"Run: Resume-Container {container.Name}"),
        Errno.EEXIST => new EngineException(
            EngineErrorKind.InvalidOperation, "ContainerNotPaused", $"Container \"{container.Name}\" is not paused.", container.Name, null),
        Errno.EOPNOTSUPP => new EngineException(
            EngineErrorKind.NotImplemented, "FreezerUnavailable", "This host has no freezer: containers cannot be paused.", container.Name,
            "Mount cgroup version 2, or the freezer controller."),
        _ => new EngineException(
            EngineErrorKind.InvalidOperation, "MonitorRefused", $"{request} was refused for container \"{container.Name}\": {Errno.Describe(errno)}.",
            container.Name, null, new LinuxException(request.ToString(), container.Name, errno)),
    };
}
