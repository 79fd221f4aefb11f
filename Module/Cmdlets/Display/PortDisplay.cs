using System.Globalization;
using System.Net;
using Containers.Engine.Networking;

namespace Containers.Cmdlets;

/// <summary>Ports as the views show them.</summary>
public static class PortDisplay
{
    /// <summary>
    /// As docker ps has them, 0.0.0.0:8080->80/tcp, 443/tcp, with neighbours as a range. A port that is published on all addresses of
    /// both families is shown once.
    /// </summary>
    public static string Ports(IEnumerable<ContainerPortMapping>? ports)
    {
        ContainerPortMapping[] all = [.. (ports ?? []).OrderBy(port => port.HostPort is null)
            .ThenBy(port => port.ContainerPort).ThenBy(port => port.Protocol, StringComparer.Ordinal)
            .ThenBy(port => port.HostAddress?.ToString(), StringComparer.Ordinal).ThenBy(port => port.HostPort)];
        List<(ContainerPortMapping First, ContainerPortMapping Last)> ranges = [];
        foreach (ContainerPortMapping port in all.Where(port => !IsTwin(port, all)))
        {
            int before = ranges.FindIndex(range => Continues(range.Last, port));
            if (before < 0)
            {
                ranges.Add((port, port));
            }
            else
            {
                ranges[before] = (ranges[before].First, port);
            }
        }

        return ContainerDisplay.Plain(string.Join(", ", ranges.Select(range => Text(range.First, range.Last))));
    }

    /// <summary>Where a port is reached: 127.0.0.1:8080; nothing for one that is exposed only.</summary>
    public static string Host(ContainerPortMapping mapping)
    {
        ArgumentNullException.ThrowIfNull(mapping);
        return mapping.HostPort is null ? "" : Address(mapping.HostAddress) + Number(mapping.HostPort.Value, mapping.HostPort.Value);
    }

    /// <summary>80/tcp.</summary>
    public static string Container(ContainerPortMapping mapping)
    {
        ArgumentNullException.ThrowIfNull(mapping);
        return ContainerDisplay.Plain(Number(mapping.ContainerPort, mapping.ContainerPort) + "/" + mapping.Protocol);
    }

    private static bool IsTwin(ContainerPortMapping port, ContainerPortMapping[] all) => IPAddress.IPv6Any.Equals(port.HostAddress)
        && all.Any(other => IPAddress.Any.Equals(other.HostAddress) && other.HostPort == port.HostPort
            && other.ContainerPort == port.ContainerPort && other.Protocol == port.Protocol);

    private static bool Continues(ContainerPortMapping last, ContainerPortMapping next) => next.Protocol == last.Protocol
        && next.ContainerPort == last.ContainerPort + 1 && Equals(next.HostAddress, last.HostAddress)
        && (last.HostPort is null or 0 ? next.HostPort == last.HostPort : next.HostPort == last.HostPort + 1);

    private static string Text(ContainerPortMapping first, ContainerPortMapping last)
    {
        string inside = Number(first.ContainerPort, last.ContainerPort) + "/" + first.Protocol;
        return first.HostPort is { } host && last.HostPort is { } lastHost
            ? Address(first.HostAddress) + Number(host, lastHost) + "->" + inside
            : inside;
    }

    private static string Address(IPAddress? address) => address is null ? ""
        : address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{address}]:" : $"{address}:";

    /// <summary>0 is a port that is chosen at the start.</summary>
    private static string Number(int first, int last) => first == 0 ? "*" : first == last
        ? first.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{first}-{last}");
}
