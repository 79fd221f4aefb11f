using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Lays a cable between a container and another one, or the host: two interfaces, two addresses, no bridge.</summary>
[Cmdlet(VerbsCommon.New, "ContainerPeerLink", SupportsShouldProcess = true, DefaultParameterSetName = ObjectSet)]
[OutputType(typeof(ContainerPeerLink))]
public sealed class NewContainerPeerLinkCommand : ContainerConnectionCmdlet
{
    /// <summary>The container at the other end.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [ContainerNameTransformation]
    [ArgumentCompleter(typeof(RunningContainerCompleter))]
    public string? Peer { get; set; }

    /// <summary>The other end is on the host.</summary>
    [Parameter]
    public SwitchParameter PeerHost { get; set; }

    /// <summary>Address of the container's end.</summary>
    [Parameter(Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string IPAddress { get; set; } = "";

    /// <summary>Address of the other end.</summary>
    [Parameter(Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string PeerIPAddress { get; set; } = "";

    /// <summary>Name of the interface in the container.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? InterfaceName { get; set; }

    /// <summary>Name of the interface at the other end.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? PeerInterfaceName { get; set; }

    /// <summary>Of both interfaces, in bytes.</summary>
    [Parameter, ValidateRange(68, 65535)]
    public int? Mtu { get; set; }

    protected override void ProcessRecord()
    {
        if (!TryRun(_ => RequireOneEnd()))
        {
            return;
        }

        string other = Peer is null ? "the host" : $"container \"{ContainerNameTransformationAttribute.Shown(Peer)}\"";
        foreach (ContainerTarget target in Targets)
        {
            if (ShouldDo($"Connect container \"{target.Name}\" ({IPAddress}) with {other} ({PeerIPAddress})")
                && TryRun(_ => Engine.CreatePeerLink(Definition(target)), out ContainerPeerLink? link))
            {
                WriteObject(link);
            }
        }
    }

    private void RequireOneEnd()
    {
        if (Peer is null != (bool)PeerHost)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidPeer", "The other end is either a container or the host.", Peer,
                "Give -Peer or -PeerHost, and not both.");
        }
    }

    private PeerLinkDefinition Definition(ContainerTarget target) => new()
    {
        Container = target.Id,
        Peer = Peer,
        IPAddress = IPAddress,
        PeerIPAddress = PeerIPAddress,
        InterfaceName = InterfaceName,
        PeerInterfaceName = PeerInterfaceName,
        Mtu = Mtu,
    };
}
