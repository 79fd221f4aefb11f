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
            Mounts = Tmpfs,
            ShmSize = ShmSize ?? storage.ShmSize,
        };
    }
}
