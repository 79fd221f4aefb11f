using System.Management.Automation;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Takes names for addresses out of /etc/hosts of containers.</summary>
[Cmdlet(VerbsCommon.Remove, "ContainerHostEntry", SupportsShouldProcess = true, DefaultParameterSetName = ConnectionSet)]
public sealed class RemoveContainerHostEntryCommand : ContainerConnectionCmdlet
{
    /// <summary>Entries from Get-ContainerHostEntry.</summary>
    [Parameter(ParameterSetName = ConnectionSet, Mandatory = true, ValueFromPipeline = true)]
    public ContainerHostEntry[] Entry { get; set; } = [];

    /// <summary>The names that are to go.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 1)]
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(HostEntryNameCompleter))]
    public string[] HostName { get; set; } = [];

    /// <summary>Only for this address; for every address without it.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = ObjectSet)]
    [ValidateNotNullOrEmpty]
    public string? IPAddress { get; set; }

    protected override void ProcessRecord()
    {
        foreach (ContainerHostEntry entry in Entry)
        {
            Remove(new ContainerTarget(entry.ContainerId, entry.Container), entry.HostName, entry.IPAddress);
        }

        foreach (ContainerTarget target in Targets)
        {
            foreach (string name in HostName)
            {
                Remove(target, name, IPAddress);
            }
        }
    }

    private void Remove(ContainerTarget target, string name, string? address)
    {
        string which = address is null ? "" : $" for {address}";
        if (ShouldDo($"Remove host name \"{name}\"{which} from container \"{target.Name}\""))
        {
            TryRun(_ => Engine.RemoveHostEntry(target.Id, name, address));
        }
    }
}
