using System.Globalization;
using System.Net.NetworkInformation;
using Containers.Engine.Linux;
using Containers.Engine.Networking.Netlink;

namespace Containers.Engine.Networking;

/// <summary>Sees to it that a network's bridge is there, up, with its address, and set as its network needs it.</summary>
internal static class BridgeInterface
{
    /// <exception cref="EngineException">BridgeNotFound, InterfaceExists.</exception>
    internal static LinkInfo Ensure(RtnetlinkSocket host, NetworkRecord network)
    {
        string name = network.BridgeName;
        LinkInfo? link = host.FindLink(name);
        bool made = link is null;
        if (link is null)
        {
            link = network.OwnsBridge ? Make(host, network) : throw NotFound(name);
        }
        else if (link.Kind != "bridge")
        {
            throw new EngineException(
                EngineErrorKind.ResourceExists, "InterfaceExists", $"The interface \"{name}\" exists, and it is no bridge.", name,
                "Choose another name for the bridge.");
        }

        if (network.OwnsBridge)
        {
            AddAddresses(host, network, link.Index, made);
        }

        if (!link.IsUp)
        {
            host.Execute(LinkMessages.SetUp(link.Index));
        }

        Set(network);
        return link;
    }

    internal static EngineException NotFound(string name) => new(
        EngineErrorKind.ObjectNotFound, "BridgeNotFound", $"There is no bridge \"{name}\" on this host.", name,
        $"Make it first: New-ContainerBridge -Name {name} -IPAddress 192.168.5.1/24");

    private static LinkInfo Make(RtnetlinkSocket host, NetworkRecord network)
    {
        // A hardware address of its own: else it is the lowest of its ports', and changes with them.
        try
        {
            host.Execute(LinkMessages.CreateBridge(network.BridgeName, network.Mtu, new PhysicalAddress(Allocation.MacAddresses.For(null)), true));
        }
        catch (LinuxException e) when (e.Errno == Errno.EOPNOTSUPP)
        {
            throw new EngineException(
                EngineErrorKind.NotImplemented, "BridgeUnavailable", "The kernel has no bridges.", network.BridgeName, "Load the module: modprobe bridge", e);
        }

        return host.FindLink(network.BridgeName) ?? throw NotFound(network.BridgeName);
    }

    private static void AddAddresses(RtnetlinkSocket host, NetworkRecord network, int index, bool made)
    {
        List<AddressInfo> present = made ? [] : host.GetAddresses(index);
        foreach (SubnetRecord subnet in network.Subnets)
        {
            if (subnet.BridgeInterfaceAddress is { } wanted && !present.Any(one => one.Address == wanted))
            {
                if (wanted.IsIPv6)
                {
                    KernelSetting.Write($"ipv6/conf/{network.BridgeName}/disable_ipv6", "0");
                }

                host.Execute(AddressMessages.Add(index, wanted, noDad: wanted.IsIPv6));
            }
        }
    }

    private static void Set(NetworkRecord network)
    {
        string four = $"ipv4/conf/{network.BridgeName}/";
        string six = $"ipv6/conf/{network.BridgeName}/";
        bool apart = !network.InterContainerCommunication;

        // Isolated ports meet at the host, which answers for the neighbours (RFC 3069): so icc=false and its exceptions are the
        // firewall's even on hosts where bridged frames do not pass it.
        KernelSetting.Write(four + "proxy_arp_pvlan", Number(apart));
        KernelSetting.Write(four + "send_redirects", Number(!apart));
        if (network.OwnsBridge)
        {
            KernelSetting.Write(six + "accept_ra", "0");
            if (network.IPv6 is null)
            {
                KernelSetting.Write(six + "disable_ipv6", "1");
            }
            else
            {
                KernelSetting.Write(six + "proxy_ndp", Number(apart));
            }
        }
    }

    /// <summary>
    /// What the host sends to 127.0.0.1 and the firewall turns to a container must be let through. Only while the firewall's raw table
    /// drops what others send there: else whoever is on the bridge reaches what the host serves to itself (CVE-2020-8558).
    /// </summary>
    internal static void LetLoopbackThrough(string name, bool guarded) =>
        KernelSetting.Write($"ipv4/conf/{name}/route_localnet", Number(guarded));

    private static string Number(bool value) => (value ? 1 : 0).ToString(CultureInfo.InvariantCulture);
}
