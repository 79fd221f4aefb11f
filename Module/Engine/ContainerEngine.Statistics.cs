using Containers.Engine.Lifecycle;
using Containers.Engine.Statistics;

namespace Containers.Engine;

public sealed partial class ContainerEngine
{
    /// <summary>For readings of what containers use, one after the other.</summary>
    public StatisticsSampler Sample() => new(container => _launcher.Cgroup(container.Id, container.Spec?.CgroupParent));

    /// <summary>A container that runs, paused and between two runs included.</summary>
    /// <exception cref="EngineException">ContainerNotRunning.</exception>
    public Container GetRunning(string nameOrId)
    {
        Container container = Get(nameOrId);
        return container.IsRunning || container.State == ContainerState.Restarting ? container : throw NotRunning(container);
    }
}
