using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Which interfaces came from where.</summary>
internal static class ContainerAdapters
{
    /// <summary>Added by Add-ContainerNetworkAdapter: neither of a network nor the end of a cable.</summary>
    internal static bool IsAdded(ContainerNetworkAdapter adapter) => adapter.Network.Length == 0 && adapter.Kind != AdapterKind.Peer;
}
