using System.Management.Automation;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Takes published ports back, at once and for later starts.</summary>
[Cmdlet(VerbsData.Unpublish, "ContainerPort", SupportsShouldProcess = true, DefaultParameterSetName = ConnectionSet)]
[OutputType(typeof(ContainerPortMapping))]
public sealed class UnpublishContainerPortCommand : ContainerConnectionCmdlet
{
    /// <summary>Mappings from Get-ContainerPort.</summary>
    [Parameter(ParameterSetName = ConnectionSet, Mandatory = true, ValueFromPipeline = true)]
    public ContainerPortMapping[] Mapping { get; set; } = [];

    /// <summary>Ports of the container: 80, 53/udp, 7000-7010.</summary>
    [Parameter(ParameterSetName = NameSet, Position = 1)]
    [Parameter(ParameterSetName = ObjectSet, Position = 1)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ContainerPortCompleter))]
    public string[] ContainerPort { get; set; } = [];

    /// <summary>Ports of the host.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = ObjectSet)]
    [ValidateRange(1, 65535)]
    [ArgumentCompleter(typeof(HostPortCompleter))]
    public int[] HostPort { get; set; } = [];

    /// <summary>The address of the host.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = ObjectSet)]
    [Alias("HostAddress")]
    [ValidateNotNullOrEmpty]
    public string? HostIP { get; set; }

    /// <summary>tcp, udp or sctp.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = ObjectSet)]
    [ValidateSet("tcp", "udp", "sctp")]
    public string? Protocol { get; set; }

    /// <summary>Writes the mappings that are gone.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        foreach (ContainerPortMapping mapping in Mapping)
        {
            // Get-ContainerPort -All gives exposed ports too: there is nothing to take back of them.
            if (mapping.HostPort is not null)
            {
                Unpublish(new ContainerTarget(mapping.ContainerId, mapping.Container), mapping);
            }
        }

        if (ParameterSetName == ConnectionSet || !TryRun(_ => Selected(), out PortSelection? selection))
        {
            return;
        }

        foreach (ContainerTarget target in Targets)
        {
            if (TryRun(_ => Find(target, selection), out List<ContainerPortMapping>? found))
            {
                found.ForEach(mapping => Unpublish(target, mapping));
            }
        }
    }

    /// <summary>A container alone is no answer to "which": all its ports are meant only by who says so through the pipeline.</summary>
    private PortSelection Selected()
    {
        PortSelection selection = PortSelection.From(ContainerPort, Protocol, HostPort, HostIP);
        return selection.IsEmpty
            ? throw PortErrors.Missing("Give -ContainerPort or -HostPort, or pipe Get-ContainerPort to this cmdlet for all ports.")
            : selection;
    }

    private List<ContainerPortMapping> Find(ContainerTarget target, PortSelection selection)
    {
        List<ContainerPortMapping> found =
            [.. Engine.GetPorts(target.Id).Where(mapping => mapping.HostPort is not null && selection.Fits(mapping))];
        return found.Count == 0 && NamedExactly ? throw PortErrors.NotPublished(target, selection) : found;
    }

    private void Unpublish(ContainerTarget target, ContainerPortMapping gone)
    {
        if (ShouldDo($"Unpublish port {gone} of container \"{target.Name}\"")
            && TryRun(_ => Engine.Unpublish(target.Id, mapping => IsSame(mapping, gone)), out IReadOnlyList<ContainerPortMapping>? done)
            && PassThru)
        {
            WriteObject(done, enumerateCollection: true);
        }
    }

    /// <summary>Not by the container's name, which may be another by now.</summary>
    private static bool IsSame(ContainerPortMapping one, ContainerPortMapping other) => one.ContainerPort == other.ContainerPort
        && one.Protocol == other.Protocol && one.HostPort == other.HostPort && Equals(one.HostAddress, other.HostAddress);
}
