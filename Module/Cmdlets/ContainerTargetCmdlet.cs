using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>A cmdlet that acts on containers, given by name or as objects.</summary>
public abstract class ContainerTargetCmdlet : ContainersCmdlet
{
    internal const string NameSet = "Name";

    internal const string ObjectSet = "Object";

    /// <summary>Name, id or beginning of an id; wildcards match names.</summary>
    [Parameter(
        ParameterSetName = NameSet, Mandatory = true, Position = 0,
        ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id", "ContainerIdOrName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public virtual string[] Name { get; set; } = [];

    /// <summary>A container from Get-Container.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, ValueFromPipeline = true)]
    [Alias("Container")]
    public Container[] InputObject { get; set; } = [];

    /// <summary>What this record of the pipeline names.</summary>
    private protected IEnumerable<ContainerTarget> Targets =>
        ParameterSetName == ObjectSet ? FindTargets([], InputObject) : FindTargets(Name, []);
}
