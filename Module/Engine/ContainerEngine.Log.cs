using Containers.Engine.Lifecycle;

namespace Containers.Engine;

public sealed partial class ContainerEngine
{
    /// <summary>Lines of the container's output, oldest first; with Follow also what comes, until the container ends.</summary>
    public IEnumerable<ContainerLogEntry> ReadLog(string nameOrId, LogQuery query, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(query);
        Container container = Get(nameOrId);
        return new LogReader(_paths.Log(container.Id), container.Name, query, () => !HasWriter(container.Id)).Read(cancellation);
    }

    private bool HasWriter(string id) =>
        _store.TryGet(id)?.State is ContainerState.Running or ContainerState.Paused or ContainerState.Restarting && _store.HasMonitor(id);
}
