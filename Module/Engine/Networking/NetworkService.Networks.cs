using System.Net;
using Containers.Engine.Linux;
using Containers.Engine.Networking.Netlink;

namespace Containers.Engine.Networking;

/// <summary>Networks themselves: shown, made, removed.</summary>
internal sealed partial class NetworkService
{
    internal IReadOnlyList<ContainerNetwork> ListNetworks()
    {
        using RtnetlinkSocket host = RtnetlinkSocket.Open();
        IReadOnlyList<NetworkState> states = _store.States();
        List<ContainerNetwork> networks = [];
        NetworkRecord? standard = TryDescribeDefault(host);
        if (standard is not null)
        {
            networks.Add(View(standard, states, host, isDefault: true));
        }

        networks.AddRange(_store.List().Where(record => record.Id != standard?.Id).Select(record => View(record, states, host, isDefault: false)));
        return networks;
    }

    internal ContainerNetwork GetNetwork(string name)
    {
        using RtnetlinkSocket host = RtnetlinkSocket.Open();
        NetworkRecord record = Find(name, host);
        return View(record, _store.States(), host, record.Id == TryDescribeDefault(host)?.Id);
    }

    internal ContainerNetwork Create(NetworkDefinition definition, IList<string> warnings)
    {
        using FileLock turn = Lock();
        using RtnetlinkSocket host = RtnetlinkSocket.Open();
        NetworkRecord record = NetworkDefinitionCompiler.Compile(definition, Settings, _store, host);
        if (record.Driver == NetworkDriver.Ipvlan && !KernelHasIpvlan())
        {
            throw new EngineException(
                EngineErrorKind.NotImplemented, "IpvlanUnavailable", "The kernel has no ipvlan.", record.Name, "Load the module: modprobe ipvlan");
        }

        if (record.OwnsBridge)
        {
            MakeBridge(record, host);
        }

        try
        {
            _store.Write(record);
        }
        catch
        {
            DeleteBridge(record, host);
            throw;
        }

        if (!Settings.IPTables && record.Internal)
        {
            warnings.Add($"The firewall is left alone: the host forwards packets to and from the internal network \"{record.Name}\".");
        }

        return View(record, _store.States(), host, isDefault: false);
    }

    internal void Remove(NetworkRecord record)
    {
        using FileLock turn = Lock();
        using RtnetlinkSocket host = RtnetlinkSocket.Open();
        if (record.Id == NetworkRecord.DefaultId || record.BridgeName.Length > 0 && record.BridgeName == Settings.BridgeName)
        {
            throw new EngineException(
                EngineErrorKind.InvalidOperation, "DefaultNetwork", $"The network \"{record.Name}\" is the default network.", record.Name,
                "To have none run: Set-ContainerHost -BridgeName none");
        }

        List<string> users = [.. Users(record, _store.States())];
        if (users.Count > 0)
        {
            throw InUse(record.Name, users);
        }

        DeleteBridge(record, host);
        _store.Delete(record);
    }

    /// <summary>Fixed addresses that no network of the container could ever give are refused when it is made, not at its start.</summary>
    /// <exception cref="EngineException">AddressOutOfRange.</exception>
    internal void RequireAddresses(IEnumerable<Launch.NetworkAttachment> attachments)
    {
        List<Launch.NetworkAttachment> fixedOnes = [.. attachments.Where(one => one.IPAddress is not null || one.IPv6Address is not null)];
        if (fixedOnes.Count == 0)
        {
            return;
        }

        using RtnetlinkSocket host = RtnetlinkSocket.Open();
        foreach (Launch.NetworkAttachment one in fixedOnes)
        {
            NetworkRecord network = Find(one.Network, host);
            RequireInside(one.IPAddress, network.IPv4, network.Name, "-IPAddress");
            RequireInside(one.IPv6Address, network.IPv6, network.Name, "-IPv6Address");
        }
    }

    private static void RequireInside(string? address, SubnetRecord? subnet, string network, string parameter)
    {
        if (address is not null && subnet?.Network.Contains(IPAddress.Parse(address)) != true)
        {
            string what = subnet is null ? "has no subnet for it" : $"has the subnet {subnet.Subnet}";
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "AddressOutOfRange", $"The address {address} cannot be on network \"{network}\", which {what}.", address,
                $"Choose another address with {parameter}, or leave it away.");
        }
    }

    /// <summary>Names of the running containers that are on a network.</summary>
    internal static IEnumerable<string> Users(NetworkRecord record, IEnumerable<NetworkState> states) => states
        .Where(state => state.Interfaces.Any(one => one.NetworkId == record.Id)).Select(state => state.ContainerName).Order(StringComparer.Ordinal);

    private static EngineException InUse(string name, List<string> users) => new(
        EngineErrorKind.ResourceBusy, "NetworkInUse", $"The network \"{name}\" is used by {string.Join(", ", users.Select(user => $"\"{user}\""))}.", name,
        "Stop these containers, disconnect them, or use -Force.");

    /// <summary>A bridge that is made in vain is removed again.</summary>
    private static void MakeBridge(NetworkRecord record, RtnetlinkSocket host)
    {
        try
        {
            BridgeInterface.Ensure(host, record);
        }
        catch (LinuxException e) when (e.Errno is Errno.EINVAL or Errno.ERANGE && record.Mtu is not null)
        {
            DeleteBridge(record, host);
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidMtu", $"The bridge \"{record.BridgeName}\" cannot have an MTU of {record.Mtu}.", record.Mtu,
                "Choose one between 68 and 65535; 1500 is usual.", e);
        }
        catch
        {
            DeleteBridge(record, host);
            throw;
        }
    }

    private static void DeleteBridge(NetworkRecord record, RtnetlinkSocket host)
    {
        if (record.OwnsBridge && host.FindLink(record.BridgeName) is { Kind: "bridge" } link)
        {
            host.Execute(LinkMessages.Delete(link.Index));
        }
    }

    /// <summary>Asked in a namespace of its own, where nothing can come of it: an interface of this kind without a parent is EINVAL, or not known at all.</summary>
    private static bool KernelHasIpvlan()
    {
        using NetworkNamespace space = NetworkNamespace.Create();
        using RtnetlinkSocket inside = RtnetlinkSocket.OpenIn(space);
        try
        {
            inside.Execute(LinkMessages.CreateIpvlan("probe", 1, IpvlanMode.L2));
            return true;
        }
        catch (LinuxException e)
        {
            return e.Errno != Errno.EOPNOTSUPP;
        }
    }

    private NetworkRecord? TryDescribeDefault(RtnetlinkSocket host)
    {
        try
        {
            return DefaultNetwork.Describe(Settings, _store, host);
        }
        catch (EngineException e) when (e.ErrorId is "BridgeNotFound" or "BridgeWithoutAddress" or "BridgeAddressMismatch" or "SubnetsExhausted")
        {
            return null; // There is none now. A start says why.
        }
    }

    private ContainerNetwork View(NetworkRecord record, IReadOnlyList<NetworkState> states, RtnetlinkSocket host, bool isDefault) => new()
    {
        Name = record.Name,
        Id = record.Id,
        Driver = record.Driver,
        BridgeName = record.BridgeName,
        Parent = record.Parent,
        Vlan = record.Vlan,
        Subnets = [.. record.Subnets.Select(subnet => subnet.Network)],
        Gateways = [.. record.Subnets.Select(subnet => subnet.GatewayAddress).OfType<IPAddress>()],
        IPRange = record.IPv4?.Range is { } range ? IPNetwork.Parse(range) : null,
        Internal = record.Internal,
        Mtu = Mtu(record, host),
        InterContainerCommunication = record.InterContainerCommunication,
        Masquerade = record.Masquerade,
        GatewayMode = record.GatewayMode,
        Names = record.Names,
        HostBindingAddress = record.HostBindingAddress is { } binding ? IPAddress.Parse(binding) : null,
        Labels = record.Labels,
        Created = record.Created,
        IsDefault = isDefault,
        Containers = [.. Users(record, states)],
    };
}
