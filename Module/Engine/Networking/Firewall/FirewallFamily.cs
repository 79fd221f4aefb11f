namespace Containers.Engine.Networking;

/// <summary>Which of the kernel's two packet filters a rule is in: that of iptables or that of ip6tables.</summary>
public enum FirewallFamily
{
    IPv4,
    IPv6,
}
