using System.Management.Automation;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Makes a bridge, for Set-ContainerHost -BridgeName or for interfaces that are added by hand.</summary>
[Cmdlet(VerbsCommon.New, "ContainerBridge", SupportsShouldProcess = true)]
[OutputType(typeof(ContainerBridge))]
public sealed class NewContainerBridgeCommand : ContainersCmdlet
{
    /// <summary>Name of the interface, at most 15 characters.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("BridgeName")]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>ADDRESS/PREFIX, the gateway of its containers; the next free subnet without it.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? IPAddress { get; set; }

    /// <summary>ADDRESS/PREFIX; no IPv6 without it.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? IPv6Address { get; set; }

    /// <summary>Bytes in a packet.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public int? Mtu { get; set; }

    /// <summary>Containers on it do not reach each other.</summary>
    [Parameter]
    public SwitchParameter NoInterContainerCommunication { get; set; }

    /// <summary>Containers go out under their own addresses.</summary>
    [Parameter]
    public SwitchParameter NoMasquerade { get; set; }

    protected override void ProcessRecord()
    {
        BridgeDefinition definition = new()
        {
            Name = Name,
            Address = IPAddress,
            IPv6Address = IPv6Address,
            Mtu = Mtu,
            InterContainerCommunication = !NoInterContainerCommunication,
            Masquerade = !NoMasquerade,
        };
        if (ShouldDo($"Create bridge \"{Name}\"") && TryRun(_ => Engine.CreateBridge(definition, Warnings), out ContainerBridge? bridge))
        {
            WriteObject(bridge);
        }
    }
}
