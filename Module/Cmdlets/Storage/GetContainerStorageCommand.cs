using System.Management.Automation;
using Containers.Engine.Storage;

namespace Containers.Cmdlets;

/// <summary>What images, layers and containers take up on the disk: docker system df.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerStorage")]
[OutputType(typeof(StorageUsage), typeof(StorageItem))]
public sealed class GetContainerStorageCommand : ContainersCmdlet
{
    /// <summary>Each thing by itself, the largest of its kind first.</summary>
    [Parameter]
    public SwitchParameter Detailed { get; set; }

    protected override void ProcessRecord()
    {
        if (!TryRun(stop => Engine.GetStorage(Detailed, stop), out IReadOnlyList<StorageUsage>? usage))
        {
            return;
        }

        if (Detailed)
        {
            WriteObject(usage.SelectMany(each => each.Items), enumerateCollection: true);
        }
        else
        {
            WriteObject(usage, enumerateCollection: true);
        }
    }
}
