using System.Net;
using Containers.Engine;
using Containers.Engine.Launch;
using Containers.Engine.Networking;
using Containers.Engine.Networking.Allocation;

namespace Containers.Cmdlets;

/// <summary>Which ports of a container the user means; what is null is not asked for.</summary>
internal sealed record PortSelection
{
    internal IReadOnlyList<ContainerPort>? Ports { get; private init; }

    internal IReadOnlyCollection<int> HostPorts { get; private init; } = [];

    internal string? Protocol { get; private init; }

    internal IPAddress? HostAddress { get; private init; }

    internal bool IsEmpty => Ports is null && HostPorts.Count == 0 && Protocol is null && HostAddress is null;

    /// <param name="ports">80, 53/udp, 7000-7010; empty for all. One without a protocol means every protocol.</param>
    /// <param name="protocol">tcp, udp, sctp, or null for all.</param>
    /// <param name="hostPorts">Ports of the host; empty for all.</param>
    /// <param name="hostAddress">Address of the host, or null for all.</param>
    /// <exception cref="EngineException">InvalidPortSpecification, InvalidAddress.</exception>
    internal static PortSelection From(
        IReadOnlyCollection<string> ports, string? protocol, IReadOnlyCollection<int> hostPorts, string? hostAddress) => new()
    {
        Ports = ports.Count == 0 ? null : [.. ports.SelectMany(Parse)],
        HostPorts = hostPorts,
        Protocol = protocol?.ToLowerInvariant(),
        HostAddress = hostAddress is null ? null : Address(hostAddress),
    };

    internal bool Fits(ContainerPortMapping mapping) =>
        (Ports is null || Ports.Any(port => IsSame(port, mapping.ContainerPort, mapping.Protocol)))
        && (Protocol is null || mapping.Protocol == Protocol)
        && (HostPorts.Count == 0 || (mapping.HostPort is { } hostPort && HostPorts.Contains(hostPort)))
        && (HostAddress is null || HostAddress.Equals(mapping.HostAddress));

    /// <summary>"80/tcp", as the user said it.</summary>
    public override string ToString()
    {
        string suffix = Protocol is null ? "" : "/" + Protocol;
        string ports = Ports is null ? "" : string.Join(
            ", ", Ports.Select(port => port.Protocol.Length == 0 ? $"{port.Number}{suffix}" : port.ToString()));
        string host = HostPorts.Count == 0 ? "" : $"host port {string.Join(", ", HostPorts)}";
        string address = HostAddress is null ? "" : $"address {HostAddress}";
        return string.Join(", ", new[] { ports.Length == 0 ? suffix.TrimStart('/') : ports, host, address }.Where(part => part.Length > 0));
    }

    /// <summary>A port that was named without a protocol is that of each.</summary>
    internal static bool IsSame(ContainerPort wanted, int number, string protocol) =>
        wanted.Number == number && (wanted.Protocol.Length == 0 || wanted.Protocol == protocol);

    /// <exception cref="EngineException">InvalidPortSpecification.</exception>
    internal static IEnumerable<ContainerPort> Parse(string text)
    {
        IReadOnlyList<ContainerPort> ports = PortPublicationParser.ParsePortRange(text);
        return text.Contains('/', StringComparison.Ordinal) ? ports : ports.Select(port => port with { Protocol = "" });
    }

    private static IPAddress Address(string text) => InterfaceAddress.TryParseAddress(text.Trim('[', ']'), out IPAddress? address)
        ? address!
        : throw new EngineException(
            EngineErrorKind.InvalidArgument, ErrorIds.InvalidAddress, $"\"{text}\" is no IP address.", text,
            "Give an address of the host, such as 127.0.0.1 or ::1.");
}
