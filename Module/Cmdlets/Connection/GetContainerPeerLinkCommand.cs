using System.Management.Automation;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Cables between containers, and between containers and the host.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerPeerLink", DefaultParameterSetName = NameSet)]
[OutputType(typeof(ContainerPeerLink))]
public sealed class GetContainerPeerLinkCommand : GettingConnectionCmdlet
{
    private readonly HashSet<ContainerPeerLink> _written = [];

    protected override void ProcessRecord()
    {
        if (TryRun(_ => Engine.GetPeerLinks(), out IReadOnlyList<ContainerPeerLink>? links)
            && TryRun(_ => SelectedIds(), out HashSet<string>? ids))
        {
            // A cable between two containers that are both named is one cable.
            WriteObject(links.Where(link => IsAt(link, ids) && _written.Add(link)), enumerateCollection: true);
        }
    }

    /// <summary>A container has a cable at either end of it.</summary>
    private bool IsAt(ContainerPeerLink link, HashSet<string> ids) =>
        IsUnfiltered || ids.Contains(link.ContainerId) || ids.Contains(link.PeerId);
}
