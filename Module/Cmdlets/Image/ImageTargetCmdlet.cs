using System.Management.Automation;

namespace Containers.Cmdlets;

/// <summary>A cmdlet that looks into images, given by name or as objects.</summary>
public abstract class ImageTargetCmdlet : ContainersCmdlet
{
    /// <summary>name[:tag], id or beginning of an id; wildcards match names. Objects of Get-ContainerImage.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Reference", "Image", "ImageName", "ImageIdOrName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ImageNameTransformation]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string[] Name { get; set; } = [];
}
