using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>
/// A cmdlet about a network and containers on it. The network comes first, as in docker's commands, so that containers can come through
/// the pipeline with nothing but the network named.
/// </summary>
public abstract class NetworkConnectionCmdlet : ContainersCmdlet
{
    private protected const string NameSet = ContainerTargetCmdlet.NameSet;

    private protected const string ObjectSet = ContainerTargetCmdlet.ObjectSet;

    /// <summary>Name, id or beginning of an id of the network.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0)]
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, Position = 0)]
    [Alias("NetworkName")]
    [ValidateNotNullOrEmpty]
    [NetworkNameTransformation]
    [ArgumentCompleter(typeof(NetworkNameCompleter))]
    public string Network { get; set; } = "";

    /// <summary>Name, id or beginning of an id of the container; wildcards match names.</summary>
    [Parameter(
        ParameterSetName = NameSet, Mandatory = true, Position = 1,
        ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id", "ContainerIdOrName", "ContainerName", "Name")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public string[] Container { get; set; } = [];

    /// <summary>A container from Get-Container.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, ValueFromPipeline = true)]
    public Container[] InputObject { get; set; } = [];

    /// <summary>What this record of the pipeline names.</summary>
    private protected IEnumerable<ContainerTarget> Targets => FindTargets(Container, InputObject);
}
