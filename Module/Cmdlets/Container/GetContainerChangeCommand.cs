using System.Management.Automation;
using Containers.Engine.Storage;

namespace Containers.Cmdlets;

/// <summary>What containers have otherwise than their images: docker diff.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerChange", DefaultParameterSetName = NameSet)]
[Alias("Diff-Container")]
[OutputType(typeof(ContainerChange))]
public sealed class GetContainerChangeCommand : ContainerTargetCmdlet
{
    private ChangeFilter? _filter;

    /// <summary>Only these kinds.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public ChangeKind[] Kind { get; set; } = [];

    /// <summary>Only these paths; wildcards are allowed.</summary>
    [Parameter(Position = 1)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    protected override void ProcessRecord()
    {
        _filter ??= new ChangeFilter(Kind, Path);
        foreach (ContainerTarget target in Targets)
        {
            TryRun(stop => WriteObject(_filter.Apply(Engine.GetChanges(target.Id, stop)), enumerateCollection: true));
        }
    }
}
