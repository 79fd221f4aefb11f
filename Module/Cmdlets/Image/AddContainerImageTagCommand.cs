using System.Management.Automation;
using Containers.Engine.Images;

namespace Containers.Cmdlets;

/// <summary>Gives an image more names: docker tag.</summary>
[Cmdlet(VerbsCommon.Add, "ContainerImageTag", SupportsShouldProcess = true, DefaultParameterSetName = ReferenceSet)]
[Alias("Tag-ContainerImage")]
[OutputType(typeof(ContainerImage))]
public sealed class AddContainerImageTagCommand : ContainersCmdlet
{
    private const string ReferenceSet = "Reference";

    private const string PartsSet = "Parts";

    /// <summary>name[:tag], id or beginning of an id, or an image object.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name", "ImageName", "ImageId", "ImageIdOrName")]
    [ValidateNotNullOrEmpty]
    [ImageNameTransformation]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string Image { get; set; } = "";

    /// <summary>The new names, [registry/]name[:tag].</summary>
    [Parameter(ParameterSetName = ReferenceSet, Mandatory = true, Position = 1)]
    [Alias("Target", "NewName")]
    [ValidateNotNullOrEmpty]
    public string[] NewReference { get; set; } = [];

    /// <summary>The new name without its tag.</summary>
    [Parameter(ParameterSetName = PartsSet, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string Repository { get; set; } = "";

    /// <summary>The new tags.</summary>
    [Parameter(ParameterSetName = PartsSet)]
    [ValidateNotNullOrEmpty]
    public string[] Tag { get; set; } = ["latest"];

    /// <summary>Takes the name away from an image that has it.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        if (!TryRun(_ => Names(), out string[]? names))
        {
            return;
        }

        // One object at the end: an image with three new names is one image.
        ContainerImage? named = null;
        foreach (string name in names)
        {
            if (ShouldDo($"Name image \"{Image}\" \"{name}\"")
                && TryRun(_ => Engine.AddTag(Image, name, Force), out ContainerImage? image))
            {
                named = image;
            }
        }

        if (named is not null)
        {
            WriteObject(named);
        }
    }

    private string[] Names() => ParameterSetName == ReferenceSet
        ? NewReference
        : [.. Tag.Select(tag => ParseRepository(Repository, "-Repository").FamiliarName + ":" + tag)];
}
