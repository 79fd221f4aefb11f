using Containers.Engine.Events;
using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;

namespace Containers.Engine;

public sealed partial class ContainerEngine
{
    /// <summary>Changes what can be changed of a container that exists.</summary>
    /// <exception cref="EngineException">RestartConflict, NoHealthCheck, InvalidHealthCheck, InvalidEnvironment, InvalidUlimit, and those of limits.</exception>
    public Container Update(string nameOrId, ContainerSettings settings, IList<string> warnings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        string id = _store.Resolve(nameOrId);
        using FileLock turn = Lock(id, CancellationToken.None);
        ContainerRecord record = _store.Record(id);
        Container container = _store.Get(id);
        ContainerSpec spec = settings.Apply(record.Spec);
        ImageRecord image = Images.Open(record.ImageId);
        SpecValidator.ValidateChange(spec, image);
        HealthCheck? check = HealthChecks.Resolve(spec.Health, image.Config.Config);
        if (settings.Health is { Disabled: false } && check is null)
        {
            throw NoCheck(container);
        }

        ContainerRecord changed = record with { Spec = spec };
        if (container.IsRunning && settings.Limits is not null)
        {
            _launcher.Cgroup(record).Update(settings.Limits, warnings);
        }

        if (container.IsRunning && container.Supervised)
        {
            if (settings.Restart is { } restart)
            {
                Ask(container, MessageType.SetRestart, new MessageBody { B = (int)restart.Policy, C = restart.Maximum });
            }

            if (settings.Health is { } health)
            {
                bool other = health.Command is not null || HealthChecks.Resolve(record.Spec.Health, image.Config.Config) is null;
                SetHealth(changed, container, check, other);
            }
        }

        _store.Write(changed, durable: !spec.RemoveOnExit);
        _events.Write(record, EventActions.Update);
        return _store.Get(id);
    }

    /// <param name="record">With the change.</param>
    /// <param name="container">It runs, and has a monitor.</param>
    /// <param name="check">The check from now on; null for none.</param>
    /// <param name="other">It is another one than before, not the same at other times.</param>
    private void SetHealth(ContainerRecord record, Container container, HealthCheck? check, bool other)
    {
        if (check is not null && other)
        {
            _launcher.WriteHealthPlan(record, _store.State(record.Id), check);
        }

        AskWith(container, MessageType.SetHealth, check is null ? default : HealthChecks.Message(check.Times, other ? _paths.HealthPlan(record.Id) : ""));
    }

    /// <summary>Waits for any of some conditions.</summary>
    /// <returns>The container when one of them holds; after its removal as it was last seen.</returns>
    /// <exception cref="EngineException">WaitTimeout.</exception>
    public Container Wait(string nameOrId, IReadOnlyList<WaitCondition> conditions, TimeSpan? timeout, CancellationToken cancellation)
    {
        string id = _store.Resolve(nameOrId);
        Container seen = _store.Get(id);
        DateTimeOffset? run = seen.Started;
        long until = timeout is { } time ? Environment.TickCount64 + (long)time.TotalMilliseconds : long.MaxValue;
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (timeout is { } after)
        {
            limit.CancelAfter(after);
        }

        int pause = 1;
        while (true)
        {
            Container? now = _store.TryGet(id);
            if (now is null)
            {
                return conditions.Any(IsEnd) ? seen with { State = ContainerState.Exited } : throw ContainerStore.NotFound(seen.Name);
            }

            seen = now;
            if (conditions.Any(one => Holds(one, now) || (one == WaitCondition.Exited && run is not null && now.Started != run)))
            {
                return now;
            }

            try
            {
                // Only who waits for nothing else can leave the watching to the monitor.
                if (conditions.All(one => one is WaitCondition.Exited or WaitCondition.Stopped) && AwaitExit(id, limit.Token) is { } exit)
                {
                    seen = seen with { ExitCode = exit.ExitCode, Signal = exit.Signal == 0 ? null : exit.Signal, OomKilled = exit.OomKilled };
                    if (conditions.Contains(WaitCondition.Exited) && exit.Restarts)
                    {
                        return _store.TryGet(id) ?? seen;
                    }

                    continue;
                }
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                // The time-out: reported below.
            }

            if (Environment.TickCount64 >= until)
            {
                throw new EngineException(
                    EngineErrorKind.OperationTimeout, "WaitTimeout", $"Container \"{now.Name}\" is {now.State} after the time-out, not {string.Join(" or ", conditions)}.",
                    now.Name, "Use a longer -Timeout, or look at Get-ContainerLog.");
            }

            limit.Token.WaitHandle.WaitOne(pause);
            cancellation.ThrowIfCancellationRequested();
            pause = Math.Min(pause * 2, 50);
        }
    }

    /// <summary>What a container that is gone meets, too.</summary>
    private static bool IsEnd(WaitCondition condition) => condition is WaitCondition.Exited or WaitCondition.Stopped or WaitCondition.Removed;

    private static bool Holds(WaitCondition condition, Container container) => condition switch
    {
        WaitCondition.Exited or WaitCondition.Stopped =>
            container.State is ContainerState.Exited or ContainerState.Created or ContainerState.Damaged,
        WaitCondition.Running => container.State == ContainerState.Running,
        WaitCondition.Paused => container.State == ContainerState.Paused,
        WaitCondition.Healthy => container.Health == HealthState.Healthy,
        WaitCondition.Unhealthy => container.Health == HealthState.Unhealthy,
        _ => false,
    };

    /// <returns>Null when no monitor is there to ask.</returns>
    private ContainerExit? AwaitExit(string id, CancellationToken cancellation)
    {
        using MonitorConnection? monitor = MonitorConnection.TryConnect(_paths.Run(id));
        if (monitor is null)
        {
            return null;
        }

        monitor.Send(MessageType.Wait, default(MessageBody));
        while (monitor.Receive(out MessageType type, out ReadOnlyMemory<byte> data, cancellation))
        {
            if (type == MessageType.Exited)
            {
                MessageBody body = MonitorConnection.Body(data);
                return new ContainerExit(body.A, body.B, body.C != 0, body.D != 0);
            }
        }

        return null;
    }
}
