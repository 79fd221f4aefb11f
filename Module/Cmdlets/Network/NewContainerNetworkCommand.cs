using System.Collections;
using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Makes a network that containers can be put on.</summary>
[Cmdlet(VerbsCommon.New, "ContainerNetwork", SupportsShouldProcess = true)]
[Alias("New-ContainerNet")]
[OutputType(typeof(ContainerNetwork))]
public sealed class NewContainerNetworkCommand : ContainersCmdlet
{
    /// <summary>Its name.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("NetworkName")]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>How it reaches the world.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true), SingleValue]
    public NetworkDriver Driver { get; set; }

    /// <summary>ADDRESS/PREFIX, at most one of IPv4 and one of IPv6; the engine chooses without it.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Subnet { get; set; } = [];

    /// <summary>The address of the default route; the first of the subnet without it.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Gateway { get; set; } = [];

    /// <summary>The part of the subnet that containers get addresses from.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] IPRange { get; set; } = [];

    /// <summary>Addresses that no container gets, by what they are for.</summary>
    [Parameter, MapTransformation]
    [Alias("AuxAddress")]
    public IDictionary? AuxiliaryAddress { get; set; }

    /// <summary>IPv6 too; the engine chooses the subnet when -Subnet names none.</summary>
    [Parameter]
    public SwitchParameter IPv6 { get; set; }

    /// <summary>Nothing of it leaves the host.</summary>
    [Parameter]
    public SwitchParameter Internal { get; set; }

    /// <summary>Name of the bridge's interface, at most 15 characters.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? BridgeName { get; set; }

    /// <summary>The interface of the host that a Macvlan or Ipvlan network is on.</summary>
    [Parameter, ArgumentCompleter(typeof(HostInterfaceCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Parent { get; set; }

    /// <summary>802.1Q tag on the parent.</summary>
    [Parameter]
    public int? Vlan { get; set; }

    /// <summary>Bytes in a packet; that of the default route's interface without it.</summary>
    [Parameter]
    public int? Mtu { get; set; }

    /// <summary>Containers on it do not reach each other.</summary>
    [Parameter]
    public SwitchParameter NoInterContainerCommunication { get; set; }

    /// <summary>Containers go out under their own addresses.</summary>
    [Parameter]
    public SwitchParameter NoMasquerade { get; set; }

    /// <summary>Where ports are published when the publisher names no address.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? HostBindingAddress { get; set; }

    /// <summary>Nat or Routed.</summary>
    [Parameter, SingleValue]
    public GatewayMode GatewayMode { get; set; }

    /// <summary>Containers on it do not find each other by name.</summary>
    [Parameter]
    public SwitchParameter DisableDns { get; set; }

    /// <summary>Labels, as a hashtable or as 'key=value'.</summary>
    [Parameter, MapTransformation(Bare = BareKey.Empty)]
    public IDictionary? Label { get; set; }

    /// <summary>A network of this name that exists is written as it is.</summary>
    [Parameter]
    public SwitchParameter IfNotExists { get; set; }

    protected override void ProcessRecord()
    {
        if (IfNotExists && TryRun(_ => Engine.ListNetworks(), out IReadOnlyList<ContainerNetwork>? all)
            && all.FirstOrDefault(network => network.Name == Name) is { } known)
        {
            WriteVerbose($"There is a network \"{Name}\" already.");
            WriteObject(known);
        }
        else if (ShouldDo($"Create network \"{Name}\"") && TryRun(_ => Create(), out ContainerNetwork? network))
        {
            WriteObject(network);
        }
    }

    /// <summary>Another session may have been faster than the look before.</summary>
    private ContainerNetwork Create()
    {
        try
        {
            return Engine.CreateNetwork(Definition(), Warnings);
        }
        catch (EngineException e) when (IfNotExists && e.ErrorId == ErrorIds.NetworkExists)
        {
            return Engine.GetNetwork(Name);
        }
    }

    private NetworkDefinition Definition() => new()
    {
        Name = Name,
        Driver = Driver,
        Subnets = Subnet,
        Gateways = Gateway,
        IPRanges = IPRange,
        AuxiliaryAddresses = Map(AuxiliaryAddress),
        IPv6 = IPv6,
        Internal = Internal,
        BridgeName = BridgeName,
        Parent = Parent,
        Vlan = Vlan,
        Mtu = Mtu,
        InterContainerCommunication = !NoInterContainerCommunication,
        Masquerade = !NoMasquerade,
        HostBindingAddress = HostBindingAddress,
        GatewayMode = GatewayMode,
        Names = !DisableDns,
        Labels = Map(Label),
    };
}
