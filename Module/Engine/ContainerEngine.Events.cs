using Containers.Engine.Events;

namespace Containers.Engine;

public sealed partial class ContainerEngine
{
    /// <summary>What happened on this host, oldest first; with Follow also what comes. Takes no lock.</summary>
    /// <exception cref="EngineException">DataRootNotSafe.</exception>
    public IEnumerable<ContainerEvent> ReadEvents(EventQuery query, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(query);
        Lifecycle.DataRoot.Verify(_paths);
        return new EventReader(_events.Directory, query).Read(cancellation);
    }
}
