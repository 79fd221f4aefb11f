using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;

namespace Containers.Engine;

public sealed partial class ContainerEngine
{
    /// <summary>The containers that their restart policies want to run and that do not, in the order in which to start them.</summary>
    public IReadOnlyList<Container> ListPolicyStarts() => PolicyStarts.Select(List());

    /// <summary>
    /// Stops a container because the host goes down: its stop signal, its time, then the kill. It is not remembered as the user's wish, so that its
    /// restart policy starts it again.
    /// </summary>
    /// <returns>As it is afterwards.</returns>
    public Container StopForShutdown(string nameOrId, CancellationToken cancellation)
    {
        string id = _store.Resolve(nameOrId);
        Container container = _store.Get(id);
        if (!container.Supervised || container.State is not (ContainerState.Running or ContainerState.Paused or ContainerState.Restarting))
        {
            return container.IsRunning ? Stop(id, null, null, force: false, cancellation) : container;
        }

        // What the host's own shutdown does to every process; the monitor knows what it means.
        ProcessIdentity monitor = new(container.MonitorProcessId, _store.State(id).MonitorStartTime);
        if (monitor.TrySignal(Libc.SIGTERM))
        {
            monitor.AwaitEnd(-1, cancellation);
        }

        return _store.TryGet(id) ?? container with { State = ContainerState.Exited };
    }
}
