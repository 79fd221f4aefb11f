using System.Management.Automation;
using Containers.Engine.Volumes;

namespace Containers.Cmdlets;

/// <summary>Gives a volume that no container has another name.</summary>
[Cmdlet(VerbsCommon.Rename, "ContainerVolume", SupportsShouldProcess = true)]
[OutputType(typeof(ContainerVolume))]
public sealed class RenameContainerVolumeCommand : ContainersCmdlet
{
    /// <summary>The volume.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("VolumeName")]
    [ValidateNotNullOrEmpty]
    [VolumeNameTransformation]
    [ArgumentCompleter(typeof(VolumeNameCompleter))]
    public string Name { get; set; } = "";

    /// <summary>Its new name.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string NewName { get; set; } = "";

    /// <summary>Writes the renamed volume.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        if (ShouldDo($"Rename volume \"{Name}\" to \"{NewName}\"")
            && TryRun(stop => Engine.RenameVolume(Name, NewName, stop), out ContainerVolume? renamed) && PassThru)
        {
            WriteObject(renamed);
        }
    }
}
