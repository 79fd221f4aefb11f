using System.Management.Automation;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Takes interfaces that were added away again.</summary>
[Cmdlet(VerbsCommon.Remove, "ContainerNetworkAdapter", SupportsShouldProcess = true, DefaultParameterSetName = ConnectionSet)]
public sealed class RemoveContainerNetworkAdapterCommand : ContainerConnectionCmdlet
{
    /// <summary>Interfaces from Get-ContainerNetworkAdapter.</summary>
    [Parameter(ParameterSetName = ConnectionSet, Mandatory = true, ValueFromPipeline = true)]
    public ContainerNetworkAdapter[] Adapter { get; set; } = [];

    /// <summary>Name inside; wildcards match interfaces that were added.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 1)]
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, Position = 1)]
    [Alias("InterfaceName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(AddedAdapterNameCompleter))]
    public string[] Name { get; set; } = [];

    protected override void ProcessRecord()
    {
        foreach (ContainerNetworkAdapter adapter in Adapter)
        {
            Remove(new ContainerTarget(adapter.ContainerId, adapter.Container), adapter.Name);
        }

        foreach (ContainerTarget target in Targets)
        {
            foreach (string name in Name.SelectMany(pattern => Names(target, pattern)))
            {
                Remove(target, name);
            }
        }
    }

    private void Remove(ContainerTarget target, string name)
    {
        if (ShouldDo($"Remove interface \"{name}\" of container \"{target.Name}\""))
        {
            TryRun(_ => Engine.RemoveAdapter(target.Id, name));
        }
    }

    /// <summary>A pattern leaves out what belongs to a network: nobody disconnects one by accident with "eth*".</summary>
    private IEnumerable<string> Names(ContainerTarget target, string pattern)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(pattern))
        {
            return [pattern];
        }

        return TryRun(_ => Engine.GetAdapters(target.Id), out IReadOnlyList<ContainerNetworkAdapter>? adapters)
            ? [.. adapters.Where(ContainerAdapters.IsAdded).Select(adapter => adapter.Name).Where(name => Fits([pattern], name))]
            : [];
    }
}
