using System.Management.Automation;
using Containers.Engine.Images;

namespace Containers.Cmdlets;

/// <summary>Takes names away from images; the images stay.</summary>
[Cmdlet(VerbsCommon.Remove, "ContainerImageTag", SupportsShouldProcess = true)]
[Alias("Untag-ContainerImage")]
[OutputType(typeof(RemovedImage))]
public sealed class RemoveContainerImageTagCommand : ContainersCmdlet
{
    /// <summary>name[:tag]; wildcards match names. An object loses all its names.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name", "Image", "ImageName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ImageNameTransformation(All = true)]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string[] Reference { get; set; } = [];

    protected override void ProcessRecord()
    {
        // A list of its own: what is being removed is what the names are looked up in.
        foreach (string reference in FindImages(Reference).ToList())
        {
            if (ShouldDo($"Take away the name \"{reference}\"")
                && TryRun(_ => Engine.RemoveTag(reference), out RemovedImage? removed))
            {
                WriteObject(removed);
            }
        }
    }
}
