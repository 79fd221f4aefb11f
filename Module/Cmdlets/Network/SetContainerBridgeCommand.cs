using System.Management.Automation;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Changes bridges that the engine made. What is not given stays as it is.</summary>
[Cmdlet(VerbsCommon.Set, "ContainerBridge", SupportsShouldProcess = true)]
[OutputType(typeof(ContainerBridge))]
public sealed class SetContainerBridgeCommand : ContainersCmdlet
{
    /// <summary>Name of the interface; wildcards match bridges that the engine made.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("BridgeName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(OwnBridgeCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>ADDRESS/PREFIX instead of the IPv4 address it has.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? IPAddress { get; set; }

    /// <summary>Bytes in a packet.</summary>
    [Parameter]
    public int? Mtu { get; set; }

    /// <summary>Whether containers on it reach each other.</summary>
    [Parameter]
    public bool? InterContainerCommunication { get; set; }

    /// <summary>Whether containers go out under the host's address.</summary>
    [Parameter]
    public bool? Masquerade { get; set; }

    /// <summary>Writes the changed bridge.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        BridgeChange change = new()
        {
            Address = IPAddress,
            Mtu = Mtu,
            InterContainerCommunication = InterContainerCommunication,
            Masquerade = Masquerade,
        };
        foreach (string name in FindBridges(Name))
        {
            if (ShouldDo($"Change bridge \"{name}\"")
                && TryRun(_ => Engine.SetBridge(name, change, Warnings), out ContainerBridge? bridge)
                && PassThru)
            {
                WriteObject(bridge);
            }
        }
    }
}
