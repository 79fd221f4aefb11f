using System.Management.Automation;
using Containers.Engine.Launch;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Gives containers names for addresses, in their /etc/hosts.</summary>
[Cmdlet(VerbsCommon.Add, "ContainerHostEntry", SupportsShouldProcess = true, DefaultParameterSetName = ObjectSet)]
[OutputType(typeof(ContainerHostEntry))]
public sealed class AddContainerHostEntryCommand : ContainerConnectionCmdlet
{
    /// <summary>The address, or host-gateway.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(HostGatewayCompleter))]
    public string IPAddress { get; set; } = "";

    /// <summary>Names for the address.</summary>
    [Parameter(Mandatory = true, Position = 2)]
    [ValidateNotNullOrEmpty]
    public string[] HostName { get; set; } = [];

    protected override void ProcessRecord()
    {
        foreach (ContainerTarget target in Targets)
        {
            foreach (string name in HostName)
            {
                if (ShouldDo($"Add host name \"{name}\" for {IPAddress} to container \"{target.Name}\"")
                    && TryRun(_ => Engine.AddHostEntry(target.Id, new HostEntry(IPAddress, name)), out ContainerHostEntry? entry))
                {
                    WriteObject(entry);
                }
            }
        }
    }
}
