using System.Management.Automation;
using Containers.Engine.Launch;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Makes ports of containers reachable at ports of the host, at once and at every later start.</summary>
[Cmdlet(VerbsData.Publish, "ContainerPort", SupportsShouldProcess = true, DefaultParameterSetName = ObjectSet)]
[OutputType(typeof(ContainerPortMapping))]
public sealed class PublishContainerPortCommand : ContainerConnectionCmdlet
{
    private const string Advice = "Give -ContainerPort 80, or -Publish '8080:80'.";

    /// <summary>Ports in docker's spelling, hashtables, mappings.</summary>
    [Parameter(Position = 1), PortPublicationTransformation]
    public PortPublication[] Publish { get; set; } = [];

    /// <summary>The port in the container.</summary>
    [Parameter, ValidateRange(1, 65535)]
    [ArgumentCompleter(typeof(ExposedPortCompleter))]
    public int? ContainerPort { get; set; }

    /// <summary>The port of the host; one that is free without it.</summary>
    [Parameter, ValidateRange(0, 65535)]
    public int? HostPort { get; set; }

    /// <summary>The address of the host; all without it.</summary>
    [Parameter]
    [Alias("HostAddress")]
    [ValidateNotNullOrEmpty]
    public string? HostIP { get; set; }

    /// <summary>tcp, udp or sctp.</summary>
    [Parameter, ValidateSet("tcp", "udp", "sctp")]
    public string? Protocol { get; set; }

    protected override void ProcessRecord()
    {
        if (!TryRun(_ => Wanted(), out List<PortPublication>? ports))
        {
            return;
        }

        string what = string.Join(", ", ports.Select(PortPublicationTransformationAttribute.Describe));
        foreach (ContainerTarget target in Targets)
        {
            if (ShouldDo($"Publish {(ports.Count == 1 ? "port" : "ports")} {what} of container \"{target.Name}\"")
                && TryRun(_ => Engine.Publish(target.Id, ports), out IReadOnlyList<ContainerPortMapping>? published))
            {
                WriteObject(published, enumerateCollection: true);
            }
        }
    }

    private List<PortPublication> Wanted()
    {
        List<PortPublication> ports = [.. Publish];
        if (ContainerPort is { } port)
        {
            ports.Add(PortPublicationTransformationAttribute.From(HostIP, HostPort ?? 0, port, Protocol));
        }
        else if (ports.Count == 0 || HostPort is not null || HostIP is not null || Protocol is not null)
        {
            // -Publish says host and protocol itself: beside it the others belong to a port that was forgotten.
            throw PortErrors.Missing(Advice);
        }

        return ports;
    }
}
