using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Launch;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Gives containers one more interface, in a bridge or on an interface of the host.</summary>
[Cmdlet(VerbsCommon.Add, "ContainerNetworkAdapter", SupportsShouldProcess = true, DefaultParameterSetName = ObjectSet)]
[OutputType(typeof(ContainerNetworkAdapter))]
public sealed class AddContainerNetworkAdapterCommand : ContainerConnectionCmdlet
{
    /// <summary>The bridge that the interface is plugged into.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [NetworkNameTransformation]
    [ArgumentCompleter(typeof(BridgeNameCompleter))]
    public string? Bridge { get; set; }

    /// <summary>The interface of the host that it shares as a macvlan child.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(HostInterfaceCompleter))]
    public string? Parent { get; set; }

    /// <summary>Name inside.</summary>
    [Parameter]
    [Alias("InterfaceName")]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "eth1";

    /// <summary>Address with the length of its prefix: 192.168.1.1/24.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? IPAddress { get; set; }

    /// <summary>The interface gets no address; the container gives it one itself.</summary>
    [Parameter]
    public SwitchParameter NoAddress { get; set; }

    /// <summary>Becomes the container's default route.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Gateway { get; set; }

    /// <summary>Hardware address, 02:42:ac:11:00:02; one that is made up without it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? MacAddress { get; set; }

    /// <summary>802.1Q tag on the parent.</summary>
    [Parameter, ValidateRange(1, 4094)]
    public int? Vlan { get; set; }

    /// <summary>In bytes; that of the bridge or parent without it.</summary>
    [Parameter, ValidateRange(68, 65535)]
    public int? Mtu { get; set; }

    protected override void ProcessRecord()
    {
        if (!TryRun(_ => Definition(), out AdapterSpec? adapter))
        {
            return;
        }

        foreach (ContainerTarget target in Targets)
        {
            if (ShouldDo($"Add interface \"{Name}\" on \"{Bridge ?? Parent}\" to container \"{target.Name}\""))
            {
                TryRun(_ => Add(target, adapter));
            }
        }
    }

    private void Add(ContainerTarget target, AdapterSpec adapter)
    {
        if (Engine.AddAdapter(target.Id, adapter, Warnings) is { } added)
        {
            WriteObject(added);
        }
        else
        {
            WriteVerbose($"Container \"{target.Name}\" does not run: it gets the interface \"{Name}\" when it starts.");
        }
    }

    private AdapterSpec Definition()
    {
        if (Bridge is null == Parent is null)
        {
            throw Invalid("An interface needs either a bridge or a parent.", "Give -Bridge or -Parent, and not both.");
        }

        // No address is rarely meant, and looks just like a forgotten parameter: who wants none says so, as pipework's 0/0 did.
        if (IPAddress is null != (bool)NoAddress)
        {
            throw Invalid(
                $"The interface \"{Name}\" needs either an address or none.",
                "Give -IPAddress 192.168.1.1/24 or -NoAddress, and not both.");
        }

        return new AdapterSpec
        {
            Name = Name,
            Bridge = Bridge,
            Parent = Parent,
            Address = IPAddress,
            Gateway = Gateway,
            MacAddress = MacAddress,
            Vlan = Vlan,
            Mtu = Mtu,
        };
    }

    private EngineException Invalid(string message, string action) =>
        new(EngineErrorKind.InvalidArgument, "InvalidAdapter", message, Name, action);
}
