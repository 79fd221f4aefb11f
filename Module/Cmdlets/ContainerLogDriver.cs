namespace Containers.Cmdlets;

/// <summary>What happens to a container's output.</summary>
public enum ContainerLogDriver
{
    /// <summary>Kept in bounded files beside the container, for Get-ContainerLog.</summary>
    Default,

    /// <summary>Kept nowhere.</summary>
    None,
}
