using System.Management.Automation;
using Containers.Engine.Storage;

namespace Containers.Cmdlets;

/// <summary>What an image has otherwise than another.</summary>
[Cmdlet(VerbsData.Compare, "ContainerImage")]
[OutputType(typeof(ContainerChange))]
public sealed class CompareContainerImageCommand : ContainersCmdlet
{
    private ChangeFilter? _filter;

    /// <summary>The image that is compared with.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Alias("ReferenceImage")]
    [ValidateNotNullOrEmpty]
    [ImageNameTransformation]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string Reference { get; set; } = "";

    /// <summary>The images that are compared with it.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [Alias("DifferenceImage", "Name")]
    [ValidateNotNullOrEmpty]
    [ImageNameTransformation]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string[] Difference { get; set; } = [];

    /// <summary>Only these kinds.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public ChangeKind[] Kind { get; set; } = [];

    /// <summary>Only these paths; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    protected override void ProcessRecord()
    {
        _filter ??= new ChangeFilter(Kind, Path);
        foreach (string difference in Difference)
        {
            TryRun(stop => WriteObject(_filter.Apply(Engine.CompareImages(Reference, difference, stop)), enumerateCollection: true));
        }
    }
}
