using System.Management.Automation;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Names and addresses in /etc/hosts of containers.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerHostEntry", DefaultParameterSetName = NameSet)]
[OutputType(typeof(ContainerHostEntry))]
public sealed class GetContainerHostEntryCommand : GettingConnectionCmdlet
{
    /// <summary>Only these names; wildcards match.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(HostEntryNameCompleter))]
    public string[] HostName { get; set; } = [];

    /// <summary>Only these addresses; wildcards match.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] IPAddress { get; set; } = [];

    protected override void ProcessRecord()
    {
        foreach (ContainerTarget target in TargetsOrAll)
        {
            if (TryRun(_ => Engine.GetHostEntries(target.Id), out IReadOnlyList<ContainerHostEntry>? entries))
            {
                WriteObject(
                    entries.Where(entry => Fits(HostName, entry.HostName) && Fits(IPAddress, entry.IPAddress)), enumerateCollection: true);
            }
        }
    }
}
