using System.Management.Automation;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Takes containers off a network, running ones at once.</summary>
[Cmdlet(VerbsCommunications.Disconnect, "ContainerNetwork", SupportsShouldProcess = true, DefaultParameterSetName = AdapterSet)]
public sealed class DisconnectContainerNetworkCommand : NetworkConnectionCmdlet
{
    // The default, or an interface from the pipeline would be asked for its network before it is looked at.
    private const string AdapterSet = "Adapter";

    /// <summary>An interface from Get-ContainerNetworkAdapter: it says container and network.</summary>
    [Parameter(ParameterSetName = AdapterSet, Mandatory = true, ValueFromPipeline = true)]
    public ContainerNetworkAdapter[] Adapter { get; set; } = [];

    protected override void ProcessRecord()
    {
        foreach (ContainerNetworkAdapter adapter in Adapter)
        {
            Disconnect(new ContainerTarget(adapter.ContainerId, adapter.Container), adapter.Network);
        }

        foreach (ContainerTarget target in Targets)
        {
            Disconnect(target, Network);
        }
    }

    private void Disconnect(ContainerTarget target, string network)
    {
        if (ShouldDo($"Disconnect container \"{target.Name}\" from network \"{network}\""))
        {
            TryRun(_ => Engine.Disconnect(target.Id, network));
        }
    }
}
