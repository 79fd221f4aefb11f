using System.Management.Automation;
using Containers.Engine.Launch;

namespace Containers.Cmdlets;

/// <summary>The file system.</summary>
public abstract partial class ContainerDefinitionCmdlet
{
    /// <summary>The root file system cannot be written.</summary>
    [Parameter]
    public SwitchParameter ReadOnly { get; set; }

    /// <summary>With -ReadOnly: /run, /tmp and /var/tmp can be written all the same, in memory.</summary>
    [Parameter]
    public SwitchParameter ReadOnlyTmpfs { get; set; }

    /// <summary>File systems in memory: '/run:size=64m,mode=1777', or hashtables.</summary>
    [Parameter, TmpfsTransformation]
    public MountSpec[] Tmpfs { get; set; } = [];

    /// <summary>Volumes and paths of this host: 'name:/data', '/srv/www:/www:ro', './src:/src', '/cache' for an anonymous volume.</summary>
    [Parameter, VolumeNameTransformation]
    [Alias("V")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(VolumeMountCompleter))]
    public string[] Volume { get; set; } = [];

    /// <summary>Mounts: @{ Source = $PWD; Target = '/app'; ReadOnly = $true }, or 'type=volume,src=name,dst=/data'.</summary>
    [Parameter, MountTransformation]
    public MountSpec[] Mount { get; set; } = [];

    /// <summary>Containers whose volumes and binds it gets, too: 'name', 'name:ro'.</summary>
    [Parameter]
    [Alias("VolumesFrom")]
    [ValidateNotNullOrEmpty]
    [ContainerNameTransformation]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    public string[] VolumeFrom { get; set; } = [];

    /// <summary>What becomes of the image's VOLUME places.</summary>
    [Parameter, SingleValue]
    public ImageVolumeMode ImageVolume { get; set; }

    /// <summary>Size of /dev/shm in bytes; 64 MB.</summary>
    [Parameter, SizeTransformation]
    public long? ShmSize { get; set; }

    private StorageSpec BuildStorage()
    {
        StorageSpec storage = new();
        return storage with
        {
            ReadOnly = ReadOnly,
            ReadOnlyTmpfs = ReadOnlyTmpfs,
            Mounts = [.. Volume.Select(ParseVolume), .. Mount, .. Tmpfs],
            VolumesFrom = VolumeFrom,
            ImageVolumes = ImageVolume,
            ShmSize = ShmSize ?? storage.ShmSize,
        };
    }

    private MountSpec ParseVolume(string text)
    {
        MountSpec mount = new MountText(ResolvePath).Volume(text, out bool labels);
        if (labels)
        {
            WriteVerbose($"\"{text}\": the options z and Z label files for SELinux; nothing is labelled here.");
        }

        return mount;
    }
}
