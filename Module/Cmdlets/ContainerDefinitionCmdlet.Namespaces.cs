using System.Collections;
using System.Management.Automation;
using Containers.Engine.Launch;

namespace Containers.Cmdlets;

/// <summary>What of the kernel the container has to itself.</summary>
public abstract partial class ContainerDefinitionCmdlet
{
    /// <summary>private, host, or container:NAME.</summary>
    [Parameter, ArgumentCompleter(typeof(NamespaceModeCompleter))]
    public string? PidMode { get; set; }

    /// <summary>private, host, or container:NAME.</summary>
    [Parameter, ArgumentCompleter(typeof(NamespaceModeCompleter))]
    public string? IpcMode { get; set; }

    /// <summary>private, host, or container:NAME.</summary>
    [Parameter, ArgumentCompleter(typeof(NamespaceModeCompleter))]
    public string? UtsMode { get; set; }

    /// <summary>private or host.</summary>
    [Parameter, ArgumentCompleter(typeof(PrivateOrHostCompleter))]
    public string? CgroupNamespace { get; set; }

    /// <summary>The host name inside; the beginning of the id.</summary>
    [Parameter]
    public string? Hostname { get; set; }

    /// <summary>The NIS domain name inside.</summary>
    [Parameter]
    public string? DomainName { get; set; }

    /// <summary>Kernel parameters of the container's namespaces.</summary>
    [Parameter, MapTransformation]
    public IDictionary? Sysctl { get; set; }

    private NamespaceSpec BuildNamespaces() => new()
    {
        Pid = Mode(PidMode),
        Ipc = Mode(IpcMode),
        Uts = Mode(UtsMode),
        Cgroup = Mode(CgroupNamespace),
        HostName = Hostname,
        DomainName = DomainName,
        Sysctls = Map(Sysctl),
    };

    /// <summary>The engine knows the words in small letters; what follows container: is a name and stays as it is.</summary>
    private static string Mode(string? mode)
    {
        if (mode is null)
        {
            return NamespaceSpec.Private;
        }

        return mode.StartsWith(NamespaceSpec.ContainerPrefix, StringComparison.OrdinalIgnoreCase)
            ? NamespaceSpec.ContainerPrefix + mode[NamespaceSpec.ContainerPrefix.Length..]
            : mode.ToLowerInvariant();
    }
}
