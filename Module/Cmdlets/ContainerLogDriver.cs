using Containers.Engine.Launch;

namespace Containers.Cmdlets;

/// <summary>What happens to a container's output.</summary>
public enum ContainerLogDriver
{
    /// <summary>As the host is set.</summary>
    Default,

    /// <summary>Kept in bounded files beside the container, for Get-ContainerLog.</summary>
    Local,

    /// <summary>The same in docker's json-file format.</summary>
    JsonFile,

    /// <summary>Sent to the systemd journal.</summary>
    Journald,

    /// <summary>Kept nowhere.</summary>
    None,
}

internal static class ContainerLogDrivers
{
    /// <returns>Null for the default.</returns>
    internal static LogDriver? Of(ContainerLogDriver driver) => driver switch
    {
        ContainerLogDriver.Local => LogDriver.Local,
        ContainerLogDriver.JsonFile => LogDriver.JsonFile,
        ContainerLogDriver.Journald => LogDriver.Journald,
        ContainerLogDriver.None => LogDriver.None,
        _ => null,
    };
}
