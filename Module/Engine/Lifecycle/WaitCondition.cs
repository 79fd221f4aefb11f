namespace Containers.Engine.Lifecycle;

public enum WaitCondition
{
    /// <summary>The process has ended, whether it will be started again or not.</summary>
    Exited,

    /// <summary>It has ended for good.</summary>
    Stopped,
    Running,
    Paused,

    /// <summary>The container is gone.</summary>
    Removed,
}
