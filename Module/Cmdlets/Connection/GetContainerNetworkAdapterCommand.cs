using System.Management.Automation;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Interfaces of running containers.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerNetworkAdapter", DefaultParameterSetName = NameSet)]
[OutputType(typeof(ContainerNetworkAdapter))]
public sealed class GetContainerNetworkAdapterCommand : GettingConnectionCmdlet
{
    /// <summary>Only interfaces of these names; wildcards match.</summary>
    [Parameter]
    [Alias("InterfaceName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(AdapterNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Only interfaces of these networks; wildcards match.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(NetworkNameCompleter))]
    public string[] Network { get; set; } = [];

    protected override void ProcessRecord()
    {
        foreach (ContainerTarget target in TargetsOrAll)
        {
            if (TryRun(_ => Engine.GetAdapters(target.Id), out IReadOnlyList<ContainerNetworkAdapter>? adapters))
            {
                WriteObject(
                    adapters.Where(adapter => Fits(Name, adapter.Name) && Fits(Network, adapter.Network)), enumerateCollection: true);
            }
        }
    }
}
