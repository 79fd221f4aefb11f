using System.Management.Automation;
using Containers.Engine.Storage;

namespace Containers.Cmdlets;

/// <summary>The ways to keep containers' file systems, and which of them this host can do.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerStorageDriver")]
[OutputType(typeof(StorageDriverInfo))]
public sealed class GetContainerStorageDriverCommand : ContainersCmdlet
{
    /// <summary>Only these; wildcards are allowed.</summary>
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(StorageDriverCompleter))]
    public string[] Name { get; set; } = ["*"];

    protected override void ProcessRecord()
    {
        if (TryRun(_ => Engine.GetStorageDrivers(), out IReadOnlyList<StorageDriverInfo>? all))
        {
            foreach (string name in Name)
            {
                WriteObject(Matching(name, all, driver => driver.Name), enumerateCollection: true);
            }
        }
    }
}
