using System.Net;

namespace Containers.Engine.Networking.Firewall;

/// <summary>What one container adds: its published ports and the ports its links may use.</summary>
internal static class PortRules
{
    /// <summary>Whether a port published at its address is published in a family at all.</summary>
    internal static bool Concerns(FirewallPort port, FirewallFamily family) =>
        port.HostAddress is null || RuleText.FamilyOf(port.HostAddress) == family;

    internal static IEnumerable<FirewallRule> Nat(
        FirewallEndpoint endpoint, IPAddress address, FirewallPort port, FirewallChains chains, FirewallFamily family)
    {
        string protocol = RuleText.Protocol(port.Protocol);
        string at = port.HostAddress is null || IsAny(port.HostAddress) ? "" : $"-d {RuleText.Host(port.HostAddress, family)} ";
        yield return Rule(
            endpoint, FirewallChains.Nat, chains, $"{at}-p {protocol} -m {protocol} --dport {RuleText.Port(port.HostPort)}",
            $"DNAT --to-destination {RuleText.Destination(address, port.ContainerPort, family)}", port, family);
    }

    internal static IEnumerable<FirewallRule> Filter(
        FirewallEndpoint endpoint, IPAddress address, FirewallPort port, FirewallNetwork network, FirewallChains chains,
            FirewallFamily family)
    {
        // What is published on a loopback address comes from the host, never through FORWARD: an opening here would serve strangers only.
        if (port.HostAddress is not null && IPAddress.IsLoopback(port.HostAddress))
        {
            yield break;
        }

        string bridge = RuleText.Bridge(endpoint.Bridge);
        string protocol = RuleText.Protocol(port.Protocol);
        string to = $"-d {RuleText.Host(address, family)}";
        string service = $"-p {protocol} -m {protocol} --dport {RuleText.Port(port.ContainerPort)}";
        string translated = network.Guarded || network.Routed ? "" : " -m conntrack --ctstate DNAT";
        yield return Rule(
            endpoint, FirewallChains.Filter, chains, $"{to} ! -i {bridge} -o {bridge} {service}{translated}", "ACCEPT", port, family);

        // Published is published for containers of the same network too, but only through the host's port: the neighbour stays hidden.
        if (!network.InterContainer)
        {
            yield return Rule(
                endpoint, FirewallChains.Filter, chains, $"{to} -i {bridge} -o {bridge} {service} -m conntrack --ctstate DNAT", "ACCEPT",
                    port, family);
        }
    }

    internal static IEnumerable<FirewallRule> Link(FirewallLink link, string? name, FirewallChains chains, FirewallFamily family)
    {
        string bridge = RuleText.Bridge(link.Bridge);
        string protocol = RuleText.Protocol(link.Protocol);
        string port = RuleText.Port(link.Port);
        string source = RuleText.Host(link.Source, family);
        string target = RuleText.Host(link.Target, family);
        yield return Here($"-s {source} -d {target} -i {bridge} -o {bridge} -p {protocol} -m {protocol} --dport {port}");

        // Answers only: the source port alone, as docker had it, lets the target begin connections to every port of the recipient.
        yield return Here(
            $"-s {target} -d {source} -i {bridge} -o {bridge} -p {protocol} -m {protocol} --sport {port} "
            + "-m conntrack --ctstate RELATED,ESTABLISHED");

        FirewallRule Here(string match) => new(
            family, FirewallChains.Filter, chains.Main, $"{match}{RuleText.Comment(link.Container)} -j ACCEPT")
        {
            Owner = link.Container, OwnerName = name, Reason = $"link to port {port}/{protocol}",
        };
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static FirewallRule Rule(
        FirewallEndpoint endpoint, string table, FirewallChains chains, string match, string target, FirewallPort port,
            FirewallFamily family) =>
        new(family, table, chains.Main, $"{match}{RuleText.Comment(endpoint.Container)} -j {target}")
        {
            Owner = endpoint.Container, OwnerName = endpoint.ContainerName,
            Reason = $"published port {RuleText.Port(port.HostPort)}/{RuleText.Protocol(port.Protocol)}",
        };
}
