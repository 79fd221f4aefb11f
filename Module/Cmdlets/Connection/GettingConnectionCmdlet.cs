using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>A cmdlet that lists what connects containers: those that are named, or all.</summary>
public abstract class GettingConnectionCmdlet : ContainerConnectionCmdlet
{
    /// <summary>Name, id or beginning of an id; wildcards match names; all containers without it.</summary>
    [Parameter(ParameterSetName = NameSet, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("ContainerName", "ContainerId", "Id", "ContainerIdOrName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public override string[] Container { get; set; } = [];

    /// <summary>No container is named: all are meant.</summary>
    private protected bool IsUnfiltered => Container.Length + InputObject.Length == 0;

    /// <summary>The named containers, or all there are.</summary>
    private protected IEnumerable<ContainerTarget> TargetsOrAll
    {
        get
        {
            if (!IsUnfiltered)
            {
                return Targets;
            }

            return TryRun(_ => Engine.List(), out IReadOnlyList<Container>? all) ? FindTargets([], all) : [];
        }
    }

    /// <summary>Ids of the named containers: what is kept by id is not found by the beginning of one.</summary>
    private protected HashSet<string> SelectedIds() => [.. Targets.Select(target => Engine.Get(target.Id).Id)];
}
