using System.Globalization;
using System.Net;
using Containers.Engine.Launch;
using Containers.Engine.Networking;
using Containers.Engine.Networking.Allocation;
using Containers.Engine.Networking.Names;

namespace Containers.Engine.Lifecycle;

/// <summary>What a spec says about networks, judged before anything is made.</summary>
internal static class NetworkValidator
{
    internal static void Validate(ContainerSpec spec)
    {
        NetworkSpec network = spec.Network;
        bool joined = network.Mode.StartsWith(NamespaceSpec.ContainerPrefix, StringComparison.Ordinal) && network.Mode.Length > NamespaceSpec.ContainerPrefix.Length;
        if (!joined && network.Mode is not (NetworkSpec.None or NetworkSpec.Host or NetworkSpec.Own))
        {
            throw NetworkStore.NotFound(network.Mode);
        }

        ValidateMode(spec, joined);
        foreach (NetworkAttachment attachment in network.Networks)
        {
            ValidateAttachment(attachment);
        }

        ValidateDistinct(network.Networks.Select(one => one.Network), "AlreadyConnected", "The network \"{0}\" is named twice.");
        ValidateDistinct(network.Links.Select(one => one.Alias), "LinkExists", "Two links have the alias \"{0}\".");
        ValidateDistinct(
            network.Networks.Select(one => one.InterfaceName).Concat(network.Adapters.Select(one => one.Name)).OfType<string>(), "AdapterExists",
            "Two interfaces have the name \"{0}\".");
        foreach (AdapterSpec adapter in network.Adapters)
        {
            ValidateAdapter(adapter);
        }

        foreach (LinkSpec link in network.Links)
        {
            LinkEnvironment.ValidateAlias(link.Alias);
        }

        foreach (HostEntry entry in network.HostEntries)
        {
            _ = HostNames.Validate(entry);
        }

        ValidatePorts(network.Published);
        NetworkSettingsValidator.ValidateNames(network.Dns, network.DnsSearch, network.DnsOptions);
    }

    internal static void ValidateAttachment(NetworkAttachment attachment)
    {
        RequireAddress(attachment.IPAddress, System.Net.Sockets.AddressFamily.InterNetwork);
        RequireAddress(attachment.IPv6Address, System.Net.Sockets.AddressFamily.InterNetworkV6);
        if (attachment.MacAddress is not null)
        {
            _ = MacAddresses.Parse(attachment.MacAddress);
        }

        if (attachment.InterfaceName is not null)
        {
            InterfaceNames.Validate(attachment.InterfaceName);
        }

        foreach (string alias in attachment.Aliases)
        {
            if (!HostNames.IsValid(alias))
            {
                throw new EngineException(
                    EngineErrorKind.InvalidArgument, "InvalidNetworkAlias", $"\"{alias}\" cannot be a name on a network.", alias, "Use letters, digits, hyphens and dots.");
            }
        }
    }

    internal static void ValidateAdapter(AdapterSpec adapter)
    {
        InterfaceNames.Validate(adapter.Name);
        if ((adapter.Bridge is null) == (adapter.Parent is null))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidAdapter", $"The interface \"{adapter.Name}\" needs either a bridge or a parent.", adapter.Name,
                "Use -Bridge, or -Parent.");
        }

        if (adapter.Address is not null && (!InterfaceAddress.TryParse(adapter.Address, out InterfaceAddress? address) || address!.PrefixLength == 0))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidAddress", $"\"{adapter.Address}\" is no address with its mask.", adapter.Address, "Write it like 192.168.1.10/24.");
        }

        if (adapter.Gateway is not null && !InterfaceAddress.TryParseAddress(adapter.Gateway, out _))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidGateway", $"\"{adapter.Gateway}\" is no address.", adapter.Gateway, "Write it like 192.168.1.1.");
        }

        if (adapter.MacAddress is not null)
        {
            _ = MacAddresses.Parse(adapter.MacAddress);
        }

        if (adapter.Vlan is < 1 or > 4094 || (adapter.Vlan is not null && adapter.Parent is null))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidVlan", $"{adapter.Vlan} is no VLAN of interface \"{adapter.Name}\".", adapter.Vlan,
                "Use 1 to 4094, with -Parent.");
        }

        NetworkDefinitionCompiler.ValidateMtu(adapter.Mtu);
    }

    /// <summary>One port of the host leads to one place.</summary>
    internal static void ValidatePorts(IReadOnlyList<PortPublication> ports)
    {
        for (int i = 0; i < ports.Count; i++)
        {
            PortPublication one = ports[i];
            RequireAddress(one.HostAddress, null);
            for (int j = 0; j < i; j++)
            {
                PortPublication other = ports[j];
                bool same = one.HostPort != 0 && one.HostPort == other.HostPort && one.LastHostPort == 0 && other.LastHostPort == 0
                    && one.Port.Protocol == other.Port.Protocol && (one.HostAddress is null || other.HostAddress is null || one.HostAddress == other.HostAddress);
                if (same)
                {
                    throw new EngineException(
                        EngineErrorKind.ResourceExists, "PortAlreadyAllocated",
                        string.Create(CultureInfo.InvariantCulture, $"The host port {one.HostPort}/{one.Port.Protocol} is published twice."), one.HostPort,
                        "Choose another host port for one of them.");
                }
            }
        }
    }

    internal static EngineException ModeConflict(string name, string mode, string what) => new(
        EngineErrorKind.InvalidOperation, "NetworkModeConflict", $"Container \"{name}\" uses the network mode \"{Short(mode)}\" and {what}.", name,
        "Make it with -Network bridge, or the name of a network.");

    private static void ValidateMode(ContainerSpec spec, bool joined)
    {
        NetworkSpec network = spec.Network;
        if (network.Mode == NetworkSpec.Own)
        {
            return;
        }

        string mode = Short(network.Mode);
        Refuse(network.Networks.Count > 0, mode, "be on another network");
        Refuse(network.Published.Count > 0 || network.PublishAll, mode, "publish ports");
        Refuse(network.Links.Count > 0, mode, "have links");
        Refuse(network.Adapters.Count > 0 && network.Mode != NetworkSpec.None, mode, "have interfaces of its own");
        Refuse(joined && (network.Dns.Count > 0 || network.DnsSearch.Count > 0 || network.DnsOptions.Count > 0), mode, "have name servers of its own");
        Refuse(joined && network.HostEntries.Count > 0, mode, "have host entries of its own");
        Refuse(joined && network.Exposed.Count > 0, mode, "expose ports");
        if (network.Mode != NetworkSpec.None && (spec.Namespaces.HostName is not null || spec.Namespaces.DomainName is not null))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "HostNameConflict", $"A container with the network mode \"{mode}\" has no host name of its own.",
                spec.Namespaces.HostName ?? spec.Namespaces.DomainName, "Leave -Hostname away, or use a network of its own.");
        }
    }

    private static void Refuse(bool wrong, string mode, string what)
    {
        if (wrong)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "NetworkModeConflict", $"A container with the network mode \"{mode}\" cannot {what}.", mode,
                "Use -Network bridge, or the name of a network.");
        }
    }

    private static string Short(string mode) => mode.Length > 64 + NamespaceSpec.ContainerPrefix.Length - 1 ? mode[..(NamespaceSpec.ContainerPrefix.Length + 12)] : mode;

    private static void RequireAddress(string? text, System.Net.Sockets.AddressFamily? family)
    {
        if (text is not null && (!InterfaceAddress.TryParseAddress(text, out IPAddress? address) || (family is not null && address!.AddressFamily != family)))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidAddress", $"\"{text}\" is no {(family == System.Net.Sockets.AddressFamily.InterNetworkV6 ? "IPv6 " : "")}address.",
                text, "Write it like 172.18.0.5, without a mask.");
        }
    }

    private static void ValidateDistinct(IEnumerable<string> values, string errorId, string message)
    {
        HashSet<string> seen = new(StringComparer.OrdinalIgnoreCase);
        foreach (string value in values)
        {
            if (!seen.Add(value))
            {
                throw new EngineException(
                    EngineErrorKind.InvalidArgument, errorId, string.Format(CultureInfo.InvariantCulture, message, value), value, "Name each once.");
            }
        }
    }
}
