using System.Collections;
using System.Management.Automation;
using Containers.Engine.Volumes;

namespace Containers.Cmdlets;

/// <summary>The volumes of this host.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerVolume")]
[OutputType(typeof(ContainerVolume))]
public sealed class GetContainerVolumeCommand : ContainersCmdlet
{
    /// <summary>Names; wildcards are allowed.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("VolumeName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [VolumeNameTransformation]
    [ArgumentCompleter(typeof(VolumeNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Only those with these labels: @{key = 'value'}, 'key=value', or 'key' for any value. Wildcards match values.</summary>
    [Parameter, MapTransformation(Bare = BareKey.Null)]
    public IDictionary? Label { get; set; }

    /// <summary>Only those of these drivers.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Driver { get; set; } = [];

    /// <summary>Only those that no container has, running or not.</summary>
    [Parameter]
    [Alias("Unused")]
    public SwitchParameter Dangling { get; set; }

    /// <summary>With the bytes each takes up on the disk, which takes as long as du(1) does.</summary>
    [Parameter]
    [Alias("Size")]
    public SwitchParameter IncludeSize { get; set; }

    protected override void ProcessRecord()
    {
        if (Name.Length == 0)
        {
            Write(TryRun(stop => Engine.ListVolumes(IncludeSize, stop), out IReadOnlyList<ContainerVolume>? all) ? all : []);
            return;
        }

        foreach (string name in Name)
        {
            if (!WildcardPattern.ContainsWildcardCharacters(name))
            {
                Write(TryRun(_ => Engine.GetVolume(name, IncludeSize), out ContainerVolume? volume) ? [volume] : []);
            }
            else if (TryRun(stop => Engine.ListVolumes(IncludeSize, stop), out IReadOnlyList<ContainerVolume>? all))
            {
                Write(Matching(name, all, volume => volume.Name));
            }
        }
    }

    private void Write(IEnumerable<ContainerVolume> volumes) => WriteObject(
        volumes.Where(volume => HasLabels(volume.Labels, Label) && !(Dangling && volume.UsedBy.Count > 0)
            && (Driver.Length == 0 || Driver.Contains(volume.Driver, StringComparer.OrdinalIgnoreCase))),
        enumerateCollection: true);
}
