using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Takes cables away; both ends go.</summary>
[Cmdlet(VerbsCommon.Remove, "ContainerPeerLink", SupportsShouldProcess = true, DefaultParameterSetName = ConnectionSet)]
public sealed class RemoveContainerPeerLinkCommand : ContainerConnectionCmdlet
{
    /// <summary>Cables from Get-ContainerPeerLink.</summary>
    [Parameter(ParameterSetName = ConnectionSet, Mandatory = true, ValueFromPipeline = true)]
    public ContainerPeerLink[] PeerLink { get; set; } = [];

    /// <summary>Only cables to this container.</summary>
    [Parameter(ParameterSetName = NameSet, Position = 1)]
    [Parameter(ParameterSetName = ObjectSet, Position = 1)]
    [ValidateNotNullOrEmpty]
    [ContainerNameTransformation]
    [ArgumentCompleter(typeof(RunningContainerCompleter))]
    public string? Peer { get; set; }

    /// <summary>Only cables to the host.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = ObjectSet)]
    public SwitchParameter PeerHost { get; set; }

    /// <summary>Only the cable at this interface.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = ObjectSet)]
    [ValidateNotNullOrEmpty]
    public string? InterfaceName { get; set; }

    protected override void ProcessRecord()
    {
        foreach (ContainerPeerLink link in PeerLink)
        {
            Remove(link);
        }

        foreach (ContainerTarget target in Targets)
        {
            if (TryRun(_ => Find(target), out List<ContainerPeerLink>? links))
            {
                links.ForEach(Remove);
            }
        }
    }

    private List<ContainerPeerLink> Find(ContainerTarget target)
    {
        string id = Engine.Get(target.Id).Id;
        string? peer = Peer is null ? null : Engine.Get(Peer).Id;
        List<ContainerPeerLink> links = [.. Engine.GetPeerLinks().Where(link => IsMeant(link, id, peer))];
        return links.Count == 0 && NamedExactly
            ? throw new EngineException(
                EngineErrorKind.ObjectNotFound, "PeerLinkNotFound", $"Container \"{target.Name}\" has no such cable.", target.Name,
                $"Run: Get-ContainerPeerLink {target.Name}")
            : links;
    }

    private bool IsMeant(ContainerPeerLink link, string id, string? peer)
    {
        bool first = link.ContainerId == id;
        if (!first && link.PeerId != id)
        {
            return false;
        }

        string other = first ? link.PeerId : link.ContainerId;
        return (peer is null || other == peer) && (!PeerHost || other.Length == 0)
            && (InterfaceName is null || (first ? link.Interface : link.PeerInterface) == InterfaceName);
    }

    private void Remove(ContainerPeerLink link)
    {
        string other = link.PeerId.Length == 0 ? "the host" : $"container \"{link.Peer}\"";
        if (ShouldDo($"Remove cable \"{link.Interface}\" between container \"{link.Container}\" and {other}"))
        {
            TryRun(_ => Engine.RemovePeerLink(link));
        }
    }
}
