using System.Net;
using System.Net.Sockets;
using Containers.Engine.Networking.Allocation;
using Containers.Engine.Networking.Netlink;

namespace Containers.Engine.Networking;

/// <summary>From what is wanted of a network to its record: every text judged, nothing made.</summary>
internal static class NetworkDefinitionCompiler
{
    internal static NetworkRecord Compile(NetworkDefinition wanted, NetworkSettings settings, NetworkStore store, RtnetlinkSocket host)
    {
        ValidateName(wanted.Name);
        ValidateMtu(wanted.Mtu);
        if (store.Find(wanted.Name) is { } present && present.Name.Equals(wanted.Name, StringComparison.OrdinalIgnoreCase))
        {
            throw new EngineException(
                EngineErrorKind.ResourceExists, "NetworkExists", $"There is a network \"{wanted.Name}\" already.", wanted.Name,
                $"Choose another name, or remove it: Remove-ContainerNetwork {wanted.Name}");
        }

        string id = NetworkRecord.NewId();
        bool bridge = wanted.Driver == NetworkDriver.Bridge;
        string bridgeName = bridge ? wanted.BridgeName ?? InterfaceNames.Bridge(id) : "";
        if (bridge)
        {
            InterfaceNames.Validate(bridgeName);
            RequireFree(bridgeName, store, host);
        }

        NetworkRecord record = new()
        {
            Id = id,
            Name = wanted.Name,
            Driver = wanted.Driver,
            BridgeName = bridgeName,
            OwnsBridge = bridge,
            Parent = bridge ? "" : RequireParent(wanted, host),
            Vlan = wanted.Vlan,
            Internal = wanted.Internal,
            Mtu = wanted.Mtu,
            InterContainerCommunication = wanted.InterContainerCommunication,
            Masquerade = wanted.Masquerade,
            GatewayMode = wanted.GatewayMode,
            Names = wanted.Names,
            HostBindingAddress = ValidateBinding(wanted.HostBindingAddress),
            Labels = wanted.Labels,
            Created = DateTimeOffset.UtcNow,
        };
        ValidateVlan(wanted);
        return AddSubnets(record, wanted, settings, HostNetworks.Find(host, store), bridge);
    }

    internal static void ValidateMtu(int? mtu)
    {
        if (mtu is < 68 or > 65535)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidMtu", $"{mtu} is no valid MTU.", mtu, "Choose one between 68 and 65535; 1500 is usual.");
        }
    }

    private static NetworkRecord AddSubnets(
        NetworkRecord record, NetworkDefinition wanted, NetworkSettings settings, SubnetsInUse used, bool bridge)
    {
        SubnetRecord? four = null;
        SubnetRecord? six = null;
        foreach (string text in wanted.Subnets)
        {
            IPNetwork network = SubnetValidation.ParseSubnet(text);
            if (bridge)
            {
                SubnetValidation.RequireFree(network, used);
            }

            bool isFour = network.BaseAddress.AddressFamily == AddressFamily.InterNetwork;
            if ((isFour ? four : six) is not null)
            {
                throw new EngineException(
                    EngineErrorKind.InvalidArgument, "InvalidSubnet", "A network has one IPv4 and one IPv6 subnet at most.", text, "Make another network for it.");
            }

            SubnetRecord subnet = Subnet(network, wanted, bridge);
            (four, six) = isFour ? (subnet, six) : (four, subnet);
        }

        if (four is null && !wanted.Subnets.Any() && !bridge)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidSubnet", $"The network \"{wanted.Name}\" needs the subnet of the LAN it is on.", wanted.Name,
                "Give -Subnet, and -Gateway for the router there.");
        }

        List<AddressPool> pools = [.. settings.AddressPools.Select(AddressPool.Parse)];
        four ??= wanted.Subnets.Count > 0 ? null : Subnet(SubnetChooser.ChooseIPv4(pools, used).Network, wanted, bridge);
        six ??= wanted.IPv6 ? Subnet(SubnetChooser.ChooseIPv6(pools, used).Network, wanted, bridge) : null;
        RequireUsed(wanted, four, six);
        return record with { IPv4 = four, IPv6 = six };
    }

    private static SubnetRecord Subnet(IPNetwork network, NetworkDefinition wanted, bool bridge)
    {
        AddressFamily family = network.BaseAddress.AddressFamily;
        string? text = wanted.Gateways.FirstOrDefault(one => IPAddress.TryParse(one, out IPAddress? address) && address.AddressFamily == family);
        IPAddress? gateway = text is null ? bridge ? AddressNumbers.AddressAt(network, 1) : null : SubnetValidation.ParseGateway(text, network);
        string? range = wanted.IPRanges.FirstOrDefault(one => InterfaceAddress.TryParse(one, out InterfaceAddress? parsed)
            && parsed!.Address.AddressFamily == family);
        return new SubnetRecord
        {
            Subnet = network.ToString(),
            Gateway = gateway?.ToString(),
            BridgeAddress = bridge ? $"{gateway}/{network.PrefixLength}" : null,
            Range = range is null ? null : SubnetValidation.ParseRange(range, network).ToString(),
            Auxiliary = wanted.AuxiliaryAddresses
                .Where(pair => IPAddress.TryParse(pair.Value, out IPAddress? address) && network.Contains(address))
                .ToDictionary(pair => pair.Key, pair => pair.Value),
        };
    }

    /// <summary>A gateway, range or address that fits no subnet is a mistake, not a wish to be passed over.</summary>
    private static void RequireUsed(NetworkDefinition wanted, params SubnetRecord?[] subnets)
    {
        List<SubnetRecord> present = [.. subnets.OfType<SubnetRecord>()];
        foreach (string gateway in wanted.Gateways.Where(one => !present.Any(subnet => subnet.Gateway == Canonical(one))))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidGateway", $"The gateway \"{gateway}\" is in no subnet of network \"{wanted.Name}\".", gateway,
                "Give an address of -Subnet.");
        }

        foreach (string range in wanted.IPRanges.Where(one => !InterfaceAddress.TryParse(one, out InterfaceAddress? parsed)
            || !present.Any(subnet => subnet.Network.Contains(parsed!.Address))))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidRange", $"The range \"{range}\" is in no subnet of network \"{wanted.Name}\".", range,
                "Give a part of -Subnet, such as 172.18.5.0/24.");
        }

        foreach ((string name, string address) in wanted.AuxiliaryAddresses)
        {
            if (!present.Any(subnet => subnet.Auxiliary.ContainsKey(name)))
            {
                throw new EngineException(
                    EngineErrorKind.InvalidArgument, "AddressOutOfRange", $"The address \"{address}\" ({name}) is in no subnet of network \"{wanted.Name}\".",
                    address, "Give an address of -Subnet.");
            }
        }
    }

    private static string Canonical(string address) => IPAddress.TryParse(address, out IPAddress? parsed) ? parsed.ToString() : address;

    private static void RequireFree(string bridge, NetworkStore store, RtnetlinkSocket host)
    {
        if (store.List().Find(record => record.BridgeName == bridge) is { } owner)
        {
            throw new EngineException(
                EngineErrorKind.ResourceExists, "BridgeExists", $"The bridge \"{bridge}\" belongs to network \"{owner.Name}\".", bridge, "Choose another name.");
        }

        if (host.FindLink(bridge) is { } link)
        {
            throw new EngineException(
                EngineErrorKind.ResourceExists, link.Kind == "bridge" ? "BridgeExists" : "InterfaceExists", $"There is an interface \"{bridge}\" already.", bridge,
                link.Kind == "bridge" ? $"Choose another name, or use it as it is: Set-ContainerHost -BridgeName {bridge}" : "Choose another name.");
        }
    }

    private static string RequireParent(NetworkDefinition wanted, RtnetlinkSocket host)
    {
        if (string.IsNullOrEmpty(wanted.Parent))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "ParentNotFound", $"The network \"{wanted.Name}\" needs an interface of the host to be a child of.", wanted.Name,
                "Give -Parent, for example eth0.");
        }

        return host.FindLink(wanted.Parent) is null
            ? throw new EngineException(
                EngineErrorKind.ObjectNotFound, "ParentNotFound", $"There is no interface \"{wanted.Parent}\" on this host.", wanted.Parent,
                "Run: ip link, to see the interfaces there are.")
            : wanted.Parent;
    }

    private static void ValidateVlan(NetworkDefinition wanted)
    {
        if (wanted.Vlan is < 1 or > 4094 || (wanted.Vlan is not null && wanted.Driver == NetworkDriver.Bridge))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidVlan", $"{wanted.Vlan} is no VLAN of network \"{wanted.Name}\".", wanted.Vlan,
                "Use 1 to 4094, with the drivers Macvlan and Ipvlan.");
        }
    }

    private static string? ValidateBinding(string? address) =>
        address is null || InterfaceAddress.TryParseAddress(address, out _) ? address : throw new EngineException(
            EngineErrorKind.InvalidArgument, "InvalidAddress", $"\"{address}\" is no address.", address, "Give an address of this host, such as 127.0.0.1.");

    private static void ValidateName(string name)
    {
        bool valid = name.Length is > 0 and <= 128 && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');
        if (!valid || NetworkStore.IsReserved(name))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidNetworkName", $"\"{name}\" cannot be the name of a network.", name,
                "Use letters, digits, '_', '.' and '-', beginning with a letter or digit; bridge, host, none and container have a meaning.");
        }
    }
}
