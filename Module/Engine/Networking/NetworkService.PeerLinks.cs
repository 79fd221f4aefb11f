using System.Net;
using System.Text.Json;
using Containers.Engine.Linux;
using Containers.Engine.Networking.Netlink;

namespace Containers.Engine.Networking;

/// <summary>
/// Point to point: a pair of interfaces with one end in each container, an address without a subnet and a route to the other's at each.
/// It lasts as long as both ends do; the file that tells of it goes with the first of them.
/// </summary>
internal sealed partial class NetworkService
{
    internal IReadOnlyList<PeerLinkState> PeerLinks()
    {
        if (!Directory.Exists(paths.Peers))
        {
            return [];
        }

        List<PeerLinkState> links = [];
        foreach (string file in Directory.EnumerateFiles(paths.Peers, "*.json"))
        {
            try
            {
                links.Add(RecordFile.Read(file, NetworkJson.Default.PeerLinkState));
            }
            catch (Exception e) when (e is JsonException or FileNotFoundException)
            {
                // Gone, or damaged: a cable nobody knows of goes with its ends.
            }
        }

        return links;
    }

    /// <param name="id">The first container.</param>
    /// <param name="space">Its namespace.</param>
    /// <param name="peerId">The second, or empty for the host.</param>
    /// <param name="peerSpace">Its namespace, or null for the host.</param>
    /// <param name="wanted">Addresses and names.</param>
    internal PeerLinkState CreatePeerLink(string id, NetworkNamespace space, string peerId, NetworkNamespace? peerSpace, PeerLinkDefinition wanted)
    {
        IPAddress address = ParseHost(wanted.IPAddress, nameof(wanted.IPAddress));
        IPAddress peerAddress = ParseHost(wanted.PeerIPAddress, nameof(wanted.PeerIPAddress));
        if (address.AddressFamily != peerAddress.AddressFamily || address.Equals(peerAddress))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidAddress", $"{address} and {peerAddress} cannot be the two ends of a link.", wanted.PeerIPAddress,
                "Give two different addresses of one kind, for example 10.1.1.1 and 10.1.1.2.");
        }

        using FileLock turn = Lock();
        using RtnetlinkSocket near = RtnetlinkSocket.OpenIn(space);
        using RtnetlinkSocket far = peerSpace is null ? RtnetlinkSocket.Open() : RtnetlinkSocket.OpenIn(peerSpace);
        string name = PeerName(near, wanted.InterfaceName);
        string peerName = PeerName(far, wanted.PeerInterfaceName);
        PeerLinkState link = new(id, name, address.ToString(), peerId, peerName, peerAddress.ToString(), wanted.Mtu ?? 1500);

        // Born in the first container's namespace, the other end directly in the second's: on the host it is never seen.
        using NetworkNamespace? ours = peerSpace is null ? NetworkNamespace.Open("/proc/thread-self/ns/net") : null;
        near.Execute(LinkMessages.CreateVeth(name, peerName, link.Mtu, peerNamespace: peerSpace ?? ours, peerMtu: link.Mtu));
        try
        {
            Join(near, name, address, peerAddress);
            Join(far, peerName, peerAddress, address);
            string file = string.Join('-', id[..12], name, peerId.Length == 0 ? "host" : peerId[..12], peerName);
            RecordFile.Write($"{paths.Peers}/{file}.json", link, NetworkJson.Default.PeerLinkState, durable: false);
        }
        catch
        {
            near.Execute(LinkMessages.Delete(InterfaceBuilder.Index(near, name)));
            throw;
        }

        return link;
    }

    /// <summary>Pulls the cable; one end takes the other along.</summary>
    internal void RemovePeerLink(PeerLinkState link, NetworkNamespace? space)
    {
        using FileLock turn = Lock();
        if (space is not null)
        {
            using RtnetlinkSocket near = RtnetlinkSocket.OpenIn(space);
            if (near.FindLink(link.Interface) is { } found)
            {
                near.Execute(LinkMessages.Delete(found.Index));
            }
        }

        DeletePeerLink(link);
    }

    private void RemovePeerLinks(string id)
    {
        foreach (PeerLinkState link in PeerLinks().Where(link => link.ContainerId == id || link.PeerId == id))
        {
            DeletePeerLink(link);
        }
    }

    /// <summary>The cable went with an end of it; a container without networks has nothing else that would be given back.</summary>
    private bool IsLoose(PeerLinkState link) => !isActive(link.ContainerId) || (link.PeerId.Length > 0 && !isActive(link.PeerId));

    private void DeletePeerLink(PeerLinkState link)
    {
        foreach (string file in Directory.EnumerateFiles(paths.Peers, $"{link.ContainerId[..12]}-*.json"))
        {
            if (File.Exists(file) && RecordFile.Read(file, NetworkJson.Default.PeerLinkState) == link)
            {
                File.Delete(file);
            }
        }
    }

    private static void Join(RtnetlinkSocket socket, string name, IPAddress own, IPAddress other)
    {
        int index = InterfaceBuilder.Index(socket, name);
        int bits = own.GetAddressBytes().Length * 8;
        socket.Execute(
            AddressMessages.Add(index, new InterfaceAddress(own, bits)),
            LinkMessages.SetUp(index),
            RouteMessages.Add(new IPNetwork(other, bits), null, index));
    }

    private static string PeerName(RtnetlinkSocket socket, string? wanted)
    {
        if (wanted is not null)
        {
            return socket.FindLink(wanted) is null ? wanted : throw new EngineException(
                EngineErrorKind.ResourceExists, "AdapterExists", $"There is an interface \"{wanted}\" already.", wanted, "Choose another name for this end.");
        }

        for (int number = 0; ; number++)
        {
            string name = "peer" + number.ToString(System.Globalization.CultureInfo.InvariantCulture);
            if (socket.FindLink(name) is null)
            {
                return name;
            }
        }
    }

    private static IPAddress ParseHost(string text, string parameter) =>
        InterfaceAddress.TryParseAddress(text, out IPAddress? address) ? address! : throw new EngineException(
            EngineErrorKind.InvalidArgument, "InvalidAddress", $"\"{text}\" is no address.", text, $"Give -{parameter} one such as 10.1.1.1; without a mask.");
}
