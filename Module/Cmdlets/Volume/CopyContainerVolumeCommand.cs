using System.Collections;
using System.Management.Automation;
using Containers.Engine.Volumes;

namespace Containers.Cmdlets;

/// <summary>Makes a volume with the same files.</summary>
[Cmdlet(VerbsCommon.Copy, "ContainerVolume", SupportsShouldProcess = true)]
[OutputType(typeof(ContainerVolume))]
public sealed class CopyContainerVolumeCommand : ContainersCmdlet
{
    /// <summary>The volume that is copied.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("VolumeName")]
    [ValidateNotNullOrEmpty]
    [VolumeNameTransformation]
    [ArgumentCompleter(typeof(VolumeNameCompleter))]
    public string Name { get; set; } = "";

    /// <summary>The name of the copy.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [Alias("Destination")]
    [ValidateNotNullOrEmpty]
    public string NewName { get; set; } = "";

    /// <summary>Labels of the copy; those of the volume without it.</summary>
    [Parameter, MapTransformation(Bare = BareKey.Empty)]
    public IDictionary? Label { get; set; }

    protected override void ProcessRecord()
    {
        if (ShouldDo($"Copy volume \"{Name}\" to \"{NewName}\"")
            && TryRun(stop => Engine.CopyVolume(Name, NewName, Label is null ? null : Map(Label), stop), out ContainerVolume? copy))
        {
            WriteObject(copy);
        }
    }
}
