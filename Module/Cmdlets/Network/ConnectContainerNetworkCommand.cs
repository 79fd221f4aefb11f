using System.Management.Automation;
using Containers.Engine.Launch;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Puts containers on one more network, running ones at once.</summary>
[Cmdlet(VerbsCommunications.Connect, "ContainerNetwork", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(ContainerNetworkAdapter))]
public sealed class ConnectContainerNetworkCommand : NetworkConnectionCmdlet
{
    /// <summary>Further names under which the others on the network find it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Alias { get; set; } = [];

    /// <summary>A fixed IPv4 address; the next free one without it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? IPAddress { get; set; }

    /// <summary>A fixed IPv6 address.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? IPv6Address { get; set; }

    /// <summary>The hardware address, 02:42:ac:11:00:02.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? MacAddress { get; set; }

    /// <summary>Name of the interface inside; eth and the next number without it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? InterfaceName { get; set; }

    /// <summary>The default route goes through the network with the highest.</summary>
    [Parameter]
    public int GatewayPriority { get; set; }

    /// <summary>Writes the new interface of a running container.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        foreach (ContainerTarget target in Targets)
        {
            if (ShouldDo($"Connect container \"{target.Name}\" to network \"{Network}\""))
            {
                // A stopped container has no interface yet.
                TryRun(_ =>
                {
                    if (Engine.Connect(target.Id, Attachment(), Warnings) is { } adapter && PassThru)
                    {
                        WriteObject(adapter);
                    }
                });
            }
        }
    }

    private NetworkAttachment Attachment() => new(Network)
    {
        Aliases = Alias,
        IPAddress = IPAddress,
        IPv6Address = IPv6Address,
        MacAddress = MacAddress,
        InterfaceName = InterfaceName,
        GatewayPriority = GatewayPriority,
    };
}
