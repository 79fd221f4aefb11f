using System.Net;
using Containers.Engine.Launch;
using Containers.Engine.Linux;
using Containers.Engine.Networking.Allocation;
using Containers.Engine.Networking.Firewall;
using Containers.Engine.Networking.Netlink;

namespace Containers.Engine.Networking;

/// <summary>Everything a container gets at its start.</summary>
internal sealed partial class NetworkService
{
    /// <summary>
    /// Addresses, ports, interfaces, rules, names: validated, written down, made. What fails is undone by <see cref="Release"/>, which the
    /// caller calls, as it does for what was made when something later fails.
    /// </summary>
    /// <returns>The network namespace, ready, for the monitor to hold.</returns>
    internal NetworkNamespace Attach(NetworkRequest request, IList<string> warnings, CancellationToken cancellation)
    {
        // Made before the lock is taken: it is the slowest part, and nobody else's business.
        RtnetlinkSocket? inside = null;
        bool ipv6 = WantsIPv6(request.Spec);
        NetworkNamespace space = NetworkNamespace.Create(() =>
        {
            PrepareNamespace(ipv6);
            inside = RtnetlinkSocket.Open();
        });
        try
        {
            using (inside)
            using (FileLock turn = Lock(cancellation))
            using (RtnetlinkSocket host = RtnetlinkSocket.Open())
            {
                inside!.Execute(LinkMessages.SetUp(InterfaceBuilder.Index(inside, "lo")));
                // Known before it has anything: what a session that is killed now has taken is given back by name.
                _store.Write(new NetworkState { ContainerId = request.Id, ContainerName = request.Name });
                NetworkState state = Plan(request, host, warnings);
                _store.Write(state);
                using FirewallChange? rules = BeginRules(state, host);
                foreach (InterfaceState one in state.Interfaces)
                {
                    Build(host, inside, space, one, one == state.Primary && state.Ports.Count > 0);
                }

                if (rules is not null)
                {
                    rules.Finish(CancellationToken.None);
                    foreach (InterfaceState one in state.Interfaces.Where(one => one.NetworkId.Length > 0 && one.Kind == AdapterKind.Bridge && one.IPv4 is not null))
                    {
                        BridgeInterface.LetLoopbackThrough(one.Bridge, guarded: true);
                    }
                }

                FollowLinks(state, host);
                WriteHosts(state, request);
                Announce(state);
                return space;
            }
        }
        catch
        {
            space.Dispose();
            throw;
        }
    }

    private static void Build(RtnetlinkSocket host, RtnetlinkSocket inside, NetworkNamespace space, InterfaceState state, bool publishes)
    {
        try
        {
            InterfaceBuilder.Build(host, inside, space, state, publishes);
        }
        catch (LinuxException e) when (e.Errno is Errno.EINVAL or Errno.ERANGE && state.Mtu is > 0 and (< 576 or > 9000))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidMtu", $"The interface \"{state.Name}\" cannot have an MTU of {state.Mtu}.", state.Mtu,
                "Choose an MTU between 576 and 9000, such as 1500.", e);
        }
    }

    /// <summary>In the new namespace, before it has an interface.</summary>
    private static void PrepareNamespace(bool ipv6)
    {
        // Nobody in the container's neighbourhood tells it where to route (CVE-2020-13401).
        KernelSetting.Write("ipv6/conf/all/accept_ra", "0");
        KernelSetting.Write("ipv6/conf/default/accept_ra", "0");
        KernelSetting.Write("ipv4/conf/all/accept_redirects", "0");
        KernelSetting.Write("ipv4/conf/default/accept_redirects", "0");
        if (!ipv6)
        {
            // Not in "all": ::1 stays, as programs expect.
            KernelSetting.Write("ipv6/conf/default/disable_ipv6", "1");
        }

        // The engine gives every address once; and where a bridge sends frames back, an interface would see its own question.
        KernelSetting.Write("ipv6/conf/default/accept_dad", "0");

        // As docker has it: within a container of its own no port is a privileged one, and everybody may ping.
        KernelSetting.Write("ipv4/ip_unprivileged_port_start", "0");
        KernelSetting.Write("ipv4/ping_group_range", "0\t2147483647");
    }

    private bool WantsIPv6(NetworkSpec spec) => spec.Networks.Count == 0
        ? Settings.IPv6Subnet is not null || (Settings.BridgeName is not null and not NetworkSettings.NoBridge)
        : spec.Networks.Any(one => (_store.Find(one.Network)?.IPv6 ?? null) is not null
            || (one.Network == NetworkSpec.Bridge && Settings.IPv6Subnet is not null))
          || spec.Adapters.Any(one => one.Address?.Contains(':', StringComparison.Ordinal) == true);

    /// <summary>Judges, takes addresses and ports, and says what is to be made. Bridges are made here: addresses depend on them.</summary>
    private NetworkState Plan(NetworkRequest request, RtnetlinkSocket host, IList<string> warnings)
    {
        List<InterfaceState> interfaces = [];
        IReadOnlyList<NetworkAttachment> attachments = request.Spec.Mode != NetworkSpec.Own ? []
            : request.Spec.Networks is { Count: > 0 } named ? named : [new NetworkAttachment(NetworkSpec.Bridge)];
        List<(NetworkAttachment Attachment, NetworkRecord Network)> networks =
            [.. attachments.Select(one => (one, Find(one.Network, host)))];
        foreach ((NetworkAttachment attachment, NetworkRecord network) in networks)
        {
            interfaces.Add(PlanInterface(request.Id, attachment, network, interfaces, host, warnings));
        }

        foreach (AdapterSpec adapter in request.Spec.Adapters)
        {
            interfaces.Add(PlanAdapter(adapter, interfaces, host));
        }

        int first = FirstGateway(networks);
        bool replaced = interfaces.Any(one => one.NetworkId.Length == 0 && one.Gateway is not null);
        for (int i = 0; i < interfaces.Count; i++)
        {
            bool leads = interfaces[i].Gateway is not null || interfaces[i].Gateway6 is not null;
            bool mine = leads && (interfaces[i].NetworkId.Length == 0 || (i == first && !replaced));
            interfaces[i] = interfaces[i] with { DefaultRoute = mine };
        }

        if (first > 0)
        {
            // Published ports lead to the network that answers go out by.
            (interfaces[0], interfaces[first]) = (interfaces[first], interfaces[0]);
        }

        NetworkState state = new() { ContainerId = request.Id, ContainerName = request.Name, Interfaces = interfaces };
        state = state with { Ports = PlanPorts(request, state, networks) };
        return state with { Links = [.. request.Links.Select(link => PlanLink(state, link))] };
    }

    private InterfaceState PlanInterface(
        string owner, NetworkAttachment attachment, NetworkRecord network, List<InterfaceState> others, RtnetlinkSocket host, IList<string> warnings)
    {
        int mtu = Mtu(network, host);
        if (network.Driver == NetworkDriver.Bridge)
        {
            BridgeInterface.Ensure(host, network);
            EnableForwarding(network, warnings);
        }
        else
        {
            _ = ParentInterface(network, host);
        }

        string? four = TakeAddress(owner, network, network.IPv4, attachment.IPAddress, "-IPAddress");
        string? six = TakeAddress(owner, network, network.IPv6, attachment.IPv6Address, "-IPv6Address");
        return new InterfaceState
        {
            Name = attachment.InterfaceName ?? FreeName(others, "eth"),
            Kind = (AdapterKind)network.Driver,
            Network = network.Name,
            NetworkId = network.Id,
            Bridge = network.Driver == NetworkDriver.Bridge ? network.BridgeName : ParentName(network),
            HostInterface = network.Driver == NetworkDriver.Bridge ? InterfaceNames.NewHostSide() : "",
            IPv4 = four,
            IPv6 = six,
            Gateway = network.Internal ? null : network.IPv4?.Gateway,
            Gateway6 = network.Internal ? null : network.IPv6?.Gateway,
            MacAddress = attachment.MacAddress ?? (network.Driver == NetworkDriver.Ipvlan ? "" : Mac(four)),
            Mtu = mtu,
            Aliases = attachment.Aliases,
            Names = network.Names,
            Isolated = network.Driver == NetworkDriver.Bridge && !network.InterContainerCommunication,
        };
    }

    private string? TakeAddress(string owner, NetworkRecord network, SubnetRecord? subnet, string? wanted, string parameter)
    {
        if (subnet is null)
        {
            return wanted is null ? null : throw new EngineException(
                EngineErrorKind.InvalidArgument, "AddressOutOfRange", $"The network \"{network.Name}\" has no subnet for the address {wanted}.", wanted,
                $"Leave {parameter} away, or make the network with such a subnet.");
        }

        HashSet<IPAddress> excluded = [subnet.Network.BaseAddress, .. subnet.Auxiliary.Values.Select(IPAddress.Parse)];
        if (subnet.Network.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork)
        {
            excluded.Add(AddressNumbers.LastAddress(subnet.Network));
            excluded.Add(AddressNumbers.AddressAt(subnet.Network, 1)); // As in 1.2: the first container gets the address ending in 2.
        }

        foreach (string? text in new[] { subnet.Gateway, subnet.BridgeInterfaceAddress?.Address.ToString() })
        {
            if (text is not null)
            {
                excluded.Add(IPAddress.Parse(text));
            }
        }

        AddressLeases leases = new(paths.Addresses(network.Id), isActive, NameOf);
        if (wanted is not null)
        {
            excluded.Remove(AddressNumbers.AddressAt(subnet.Network, 1));
            if (subnet.GatewayAddress is { } gateway)
            {
                excluded.Add(gateway);
            }
        }

        IPAddress address = leases.Take(
            owner, wanted is null ? subnet.Pool : subnet.Network, excluded, wanted is null ? null : IPAddress.Parse(wanted));
        return $"{address}/{subnet.Network.PrefixLength}";
    }

    private string NameOf(string id) => _store.State(id)?.ContainerName ?? id[..12];

    private static string Mac(string? address) =>
        MacAddresses.Format(MacAddresses.For(InterfaceAddress.TryParse(address, out InterfaceAddress? parsed) ? parsed!.Address : null));

    private static string FreeName(IEnumerable<InterfaceState> others, string prefix)
    {
        for (int number = 0; ; number++)
        {
            string name = prefix + number.ToString(System.Globalization.CultureInfo.InvariantCulture);
            if (!others.Any(one => one.Name == name))
            {
                return name;
            }
        }
    }

    /// <returns>Index of the attachment whose gateway the default route takes; 0 when none has one.</returns>
    private static int FirstGateway(List<(NetworkAttachment Attachment, NetworkRecord Network)> networks)
    {
        int best = -1;
        for (int i = 0; i < networks.Count; i++)
        {
            bool leads = !networks[i].Network.Internal && networks[i].Network.Subnets.Any(subnet => subnet.Gateway is not null);
            if (leads && (best < 0 || networks[i].Attachment.GatewayPriority > networks[best].Attachment.GatewayPriority))
            {
                best = i;
            }
        }

        return Math.Max(best, 0);
    }

    private static InterfaceState PlanAdapter(AdapterSpec adapter, IEnumerable<InterfaceState> others, RtnetlinkSocket host)
    {
        if (others.Any(one => one.Name == adapter.Name))
        {
            throw new EngineException(
                EngineErrorKind.ResourceExists, "AdapterExists", $"The container has an interface \"{adapter.Name}\" already.", adapter.Name,
                "Choose another name with -Name.");
        }

        string parent = adapter.Bridge ?? adapter.Parent!;
        LinkInfo link = host.FindLink(parent) ?? throw (adapter.Bridge is null ? ParentNotFound(parent) : BridgeInterface.NotFound(parent));
        if (adapter.Bridge is not null && link.Kind != "bridge")
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "NoBridge", $"The interface \"{parent}\" is no bridge.", parent, $"Use -Parent {parent} for a macvlan child of it.");
        }

        if (adapter.Vlan is { } vlan)
        {
            parent = VlanInterface(host, link, vlan);
        }

        return new InterfaceState
        {
            Name = adapter.Name,
            Kind = adapter.Bridge is null ? AdapterKind.Macvlan : AdapterKind.Bridge,
            Bridge = parent,
            HostInterface = adapter.Bridge is null ? "" : InterfaceNames.NewHostSide(),
            IPv4 = adapter.Address?.Contains(':', StringComparison.Ordinal) == false ? adapter.Address : null,
            IPv6 = adapter.Address?.Contains(':', StringComparison.Ordinal) == true ? adapter.Address : null,
            Gateway = adapter.Gateway?.Contains(':', StringComparison.Ordinal) == false ? adapter.Gateway : null,
            Gateway6 = adapter.Gateway?.Contains(':', StringComparison.Ordinal) == true ? adapter.Gateway : null,
            MacAddress = adapter.MacAddress ?? (adapter.Address is null ? Mac(null) : Mac(adapter.Address)),
            Mtu = adapter.Mtu ?? link.Mtu,
        };
    }

    private static LinkInfo ParentInterface(NetworkRecord network, RtnetlinkSocket host)
    {
        LinkInfo parent = host.FindLink(network.Parent) ?? throw ParentNotFound(network.Parent);
        if (network.Vlan is { } vlan)
        {
            VlanInterface(host, parent, vlan);
        }

        return parent;
    }

    private static string ParentName(NetworkRecord network) => network.Vlan is { } vlan ? VlanName(network.Parent, vlan) : network.Parent;

    private static EngineException ParentNotFound(string name) => new(
        EngineErrorKind.ObjectNotFound, "ParentNotFound", $"There is no interface \"{name}\" on this host.", name, "Run: ip link, to see the interfaces there are.");

    private static string VlanName(string parent, int vlan) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{parent}.{vlan}");

    /// <summary>The parent's 802.1Q interface: made when it is missing, shared, and left there as the parent is.</summary>
    private static string VlanInterface(RtnetlinkSocket host, LinkInfo parent, int vlan)
    {
        string name = VlanName(parent.Name, vlan);
        if (host.FindLink(name) is null)
        {
            try
            {
                host.Execute(LinkMessages.CreateVlan(name, parent.Index, vlan), LinkMessages.SetUp(parent.Index));
            }
            catch (LinuxException e) when (e.Errno == Errno.EOPNOTSUPP)
            {
                throw new EngineException(
                    EngineErrorKind.NotImplemented, "VlanUnavailable", "The kernel has no 802.1Q.", name, "Load the module: modprobe 8021q", e);
            }

            host.Execute(LinkMessages.SetUp(InterfaceBuilder.Index(host, name)));
        }

        return name;
    }

    private void EnableForwarding(NetworkRecord network, IList<string> warnings)
    {
        if (network.Internal)
        {
            return;
        }

        string[] names = network.IPv6 is null ? ["ipv4/ip_forward"] : ["ipv4/ip_forward", "ipv6/conf/all/forwarding"];
        foreach (string name in names.Where(name => KernelSetting.Read(name) == "0"))
        {
            string problem = "it is switched off by Set-ContainerHost -IPForward";
            if (Settings.IPForward)
            {
                try
                {
                    KernelSetting.Write(name, "1");
                    continue;
                }
                catch (LinuxException e)
                {
                    problem = e.Message;
                }
            }

            warnings.Add($"The host does not forward packets ({name}: {problem}): the containers of network \"{network.Name}\" reach nothing beyond it.");
        }
    }
}
