using System.Net;
using Containers.Engine.Launch;
using Containers.Engine.Networking.Allocation;
using Containers.Engine.Networking.Netlink;

namespace Containers.Engine.Networking;

/// <summary>The network containers are on when nothing is said. It is what the host's settings, and the bridge itself, say.</summary>
internal static class DefaultNetwork
{
    /// <returns>Null when networking is switched off.</returns>
    /// <exception cref="EngineException">BridgeNotFound, BridgeWithoutAddress, BridgeAddressMismatch, SubnetsExhausted.</exception>
    internal static NetworkRecord? Describe(NetworkSettings settings, NetworkStore store, RtnetlinkSocket host)
    {
        if (settings.BridgeName == NetworkSettings.NoBridge)
        {
            return null;
        }

        if (settings.BridgeName is { } name)
        {
            // One that New-ContainerBridge made keeps its own record, and with it its addresses: two would give the same ones out.
            NetworkRecord? own = store.List().Find(record => record.BridgeName == name);
            return own is not null ? Apply(settings, own) : Adopt(settings, name, host);
        }

        InterfaceAddress? present = Address(host, NetworkSettings.DefaultBridge, out bool exists);
        InterfaceAddress? wanted = InterfaceAddress.TryParse(settings.BridgeAddress, out InterfaceAddress? set) ? set : null;
        if (exists && present is not null && wanted is not null && present != wanted)
        {
            throw new EngineException(
                EngineErrorKind.InvalidOperation, "BridgeAddressMismatch",
                $"The bridge \"{NetworkSettings.DefaultBridge}\" has the address {present}, but {wanted} is set.", NetworkSettings.DefaultBridge,
                "Stop all containers and remove the bridge: Remove-ContainerBridge " + NetworkSettings.DefaultBridge);
        }

        InterfaceAddress address = present ?? wanted ?? SubnetChooser.ChooseBridge(HostNetworks.Find(host, store));
        return Apply(settings, new NetworkRecord
        {
            Id = NetworkRecord.DefaultId,
            Name = NetworkSpec.Bridge,
            BridgeName = NetworkSettings.DefaultBridge,
            OwnsBridge = true,
            IPv4 = Subnet(settings, address),
            IPv6 = IPv6(settings),
        });
    }

    private static NetworkRecord Adopt(NetworkSettings settings, string name, RtnetlinkSocket host)
    {
        InterfaceAddress? address = Address(host, name, out bool exists);
        if (!exists)
        {
            throw BridgeInterface.NotFound(name);
        }

        if (address is null)
        {
            throw new EngineException(
                EngineErrorKind.InvalidOperation, "BridgeWithoutAddress", $"The bridge \"{name}\" has no IPv4 address.", name,
                $"Give it one, for example: ip address add 192.168.5.1/24 dev {name}");
        }

        return Apply(settings, new NetworkRecord
        {
            Id = NetworkRecord.DefaultId, Name = NetworkSpec.Bridge, BridgeName = name, IPv4 = Subnet(settings, address), IPv6 = IPv6(settings),
        });
    }

    private static NetworkRecord Apply(NetworkSettings settings, NetworkRecord record) => record with
    {
        InterContainerCommunication = record.InterContainerCommunication && settings.InterContainerCommunication,
        Masquerade = record.Masquerade && settings.IPMasquerade,
    };

    private static SubnetRecord Subnet(NetworkSettings settings, InterfaceAddress bridge) => new()
    {
        Subnet = bridge.Network.ToString(),
        BridgeAddress = bridge.ToString(),
        Gateway = settings.DefaultGateway ?? bridge.Address.ToString(),
        Range = settings.FixedCidr,
    };

    private static SubnetRecord? IPv6(NetworkSettings settings)
    {
        if (settings.IPv6Subnet is null)
        {
            return null;
        }

        IPNetwork network = IPNetwork.Parse(settings.IPv6Subnet);
        IPAddress first = AddressNumbers.AddressAt(network, 1);
        return new SubnetRecord { Subnet = network.ToString(), BridgeAddress = $"{first}/{network.PrefixLength}", Gateway = first.ToString() };
    }

    private static InterfaceAddress? Address(RtnetlinkSocket host, string bridge, out bool exists)
    {
        LinkInfo? link = host.FindLink(bridge);
        exists = link is not null;
        return link is null ? null : host.GetAddresses(link.Index).Find(one => !one.Address.IsIPv6)?.Address;
    }
}
