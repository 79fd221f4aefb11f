using System.Management.Automation;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Removes networks. One that running containers are on needs -Force, which is also the consent, as with Remove-Container.</summary>
[Cmdlet(VerbsCommon.Remove, "ContainerNetwork", SupportsShouldProcess = true, DefaultParameterSetName = ContainerTargetCmdlet.NameSet)]
[Alias("Remove-ContainerNet")]
public sealed class RemoveContainerNetworkCommand : ContainersCmdlet
{
    /// <summary>Name, id or beginning of an id; wildcards match names.</summary>
    [Parameter(
        ParameterSetName = ContainerTargetCmdlet.NameSet, Mandatory = true, Position = 0,
        ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id", "NetworkName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(OwnNetworkCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>A network from Get-ContainerNetwork.</summary>
    [Parameter(ParameterSetName = ContainerTargetCmdlet.ObjectSet, Mandatory = true, ValueFromPipeline = true)]
    [Alias("Network")]
    public ContainerNetwork[] InputObject { get; set; } = [];

    /// <summary>Disconnects running containers first.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        foreach (ContainerNetwork network in InputObject)
        {
            Remove(new NetworkTarget(network.Id, network.Name));
        }

        // "*" does not mean the one that every host has; by its name it is the engine's to refuse.
        foreach (NetworkTarget target in FindNetworks(Name, withDefault: false))
        {
            Remove(target);
        }
    }

    private void Remove(NetworkTarget target)
    {
        if (ShouldDo($"{(Force ? "Disconnect the containers of, and remove," : "Remove")} network \"{target.Name}\""))
        {
            TryRun(_ => Engine.RemoveNetwork(target.Id, Force));
        }
    }
}
