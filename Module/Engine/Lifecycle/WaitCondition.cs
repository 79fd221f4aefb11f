namespace Containers.Engine.Lifecycle;

public enum WaitCondition
{
    /// <summary>The process has ended, whether it will be started again or not.</summary>
    Exited,

    /// <summary>It has ended for good.</summary>
    Stopped,
    Running,
    Paused,

    /// <summary>Its last health check succeeded.</summary>
    Healthy,

    /// <summary>So many checks failed that it counts as unhealthy.</summary>
    Unhealthy,

    /// <summary>The container is gone.</summary>
    Removed,
}
