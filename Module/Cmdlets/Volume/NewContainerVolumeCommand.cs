using System.Collections;
using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Volumes;

namespace Containers.Cmdlets;

/// <summary>Makes a volume: a directory that outlives the containers that mount it.</summary>
[Cmdlet(VerbsCommon.New, "ContainerVolume", SupportsShouldProcess = true)]
[OutputType(typeof(ContainerVolume))]
public sealed class NewContainerVolumeCommand : ContainersCmdlet
{
    /// <summary>Letters, digits, '_', '.' and '-'; 64 random digits without it.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("VolumeName")]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Labels, as a hashtable or as 'key=value'.</summary>
    [Parameter, MapTransformation(Bare = BareKey.Empty)]
    public IDictionary? Label { get; set; }

    /// <summary>Local, the only one there is.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Driver { get; set; } = "local";

    /// <summary>type, device and o of mount(8), as docker's local driver has them.</summary>
    [Parameter, MapTransformation(Bare = BareKey.Empty)]
    [Alias("Opt")]
    public IDictionary? Option { get; set; }

    /// <summary>Owner of its directory; root without it.</summary>
    [Parameter, ValidateRange(0u, uint.MaxValue - 1)]
    public uint Uid { get; set; }

    /// <summary>Group of its directory; root without it.</summary>
    [Parameter, ValidateRange(0u, uint.MaxValue - 1)]
    public uint Gid { get; set; }

    /// <summary>A volume of this name that exists is written as it is.</summary>
    [Parameter]
    public SwitchParameter IfNotExists { get; set; }

    protected override void ProcessRecord()
    {
        if (IfNotExists && Name is not null && TryRun(stop => Engine.ListVolumes(withSize: false, stop), out IReadOnlyList<ContainerVolume>? all)
            && all.FirstOrDefault(volume => volume.Name.Equals(Name, StringComparison.OrdinalIgnoreCase)) is { } known)
        {
            WriteVerbose($"There is a volume \"{known.Name}\" already.");
            WriteObject(known);
        }
        else if (ShouldDo(Name is null ? "Create an anonymous volume" : $"Create volume \"{Name}\"") && TryRun(_ => Create(), out ContainerVolume? made))
        {
            WriteObject(made);
        }
    }

    /// <summary>Another session may have been faster than the look before.</summary>
    private ContainerVolume Create()
    {
        try
        {
            return Engine.CreateVolume(new VolumeDefinition
            {
                Name = Name, Driver = Driver, Options = Map(Option), Labels = Map(Label), Uid = Uid, Gid = Gid,
            });
        }
        catch (EngineException e) when (IfNotExists && e.ErrorId == "VolumeExists")
        {
            return Engine.GetVolume(Name!);
        }
    }
}
