using System.Management.Automation;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Published ports of containers.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerPort", DefaultParameterSetName = NameSet)]
[OutputType(typeof(ContainerPortMapping))]
public sealed class GetContainerPortCommand : GettingConnectionCmdlet
{
    private PortSelection? _selection;

    /// <summary>Only these ports of the container: 80, 53/udp, 7000-7010.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ContainerPortCompleter))]
    public string[] ContainerPort { get; set; } = [];

    /// <summary>Only ports of this protocol.</summary>
    [Parameter, ValidateSet("tcp", "udp", "sctp")]
    public string? Protocol { get; set; }

    /// <summary>Only these ports of the host.</summary>
    [Parameter, ValidateRange(1, 65535)]
    public int[] HostPort { get; set; } = [];

    /// <summary>Also ports that are exposed and not published.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        TryRun(_ => PortSelection.From(ContainerPort, Protocol, HostPort, null), out _selection);
    }

    protected override void ProcessRecord()
    {
        if (_selection is null)
        {
            return;
        }

        foreach (ContainerTarget target in TargetsOrAll)
        {
            TryRun(_ => Write(target));
        }
    }

    /// <summary>One port of one container is a question about that port: an empty answer would not say that it is not published.</summary>
    private void Write(ContainerTarget target)
    {
        List<ContainerPortMapping> found =
            [.. Engine.GetPorts(target.Id).Where(mapping => (All || mapping.HostPort is not null) && _selection!.Fits(mapping))];
        if (found.Count == 0 && ContainerPort.Length > 0 && NamedExactly)
        {
            throw PortErrors.NotPublished(target, _selection!);
        }

        WriteObject(found, enumerateCollection: true);
    }
}
