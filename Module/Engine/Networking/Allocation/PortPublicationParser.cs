using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Containers.Engine.Launch;

namespace Containers.Engine.Networking.Allocation;

/// <summary>
/// Port specifications as people type them: <c>[ADDRESS:][HOST]:CONTAINER[/PROTOCOL]</c> or just <c>CONTAINER</c>, where HOST and CONTAINER
/// are a port or a range. An IPv6 address stands in brackets.
/// </summary>
public static class PortPublicationParser
{
    public const string Tcp = "tcp";
    public const string Udp = "udp";
    public const string Sctp = "sctp";

    /// <summary>One specification may name this many ports: each costs rules in the firewall.</summary>
    internal const int MaxPorts = 1000;

    private const string Example = "Write it as 8080:80, 127.0.0.1:8080:80, [::1]:8080:80, 8000-8010:80-90 or 53:53/udp.";
    private const string ExposeExample = "Write it as 80, 53/udp or 7000-7010/tcp.";

    /// <summary>Takes a specification of -Publish apart: a range of container ports becomes one publication for each.</summary>
    /// <exception cref="EngineException">InvalidPortSpecification.</exception>
    public static IReadOnlyList<PortPublication> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Specification spec = new(text, Example);
        string ports = spec.SplitProtocol(out string protocol);
        string? address = SplitAddress(ref ports, spec);
        string[] parts = ports.Split(':');
        if (address is null && parts.Length == 3)
        {
            address = ParseAddress(parts[0], spec);
            parts = parts[1..];
        }
        else if (address is not null && parts.Length != 2)
        {
            throw spec.Invalid("after the address it needs HOST:CONTAINER");
        }

        return parts.Length switch
        {
            1 => Dynamic(null, spec.Range(parts[0], "container port"), protocol),
            2 when parts[0].Length > 0 => Fixed(
                address, spec.Range(parts[0], "host port"), spec.Range(parts[1], "container port"), protocol, spec),
            2 when address is not null => Dynamic(address, spec.Range(parts[1], "container port"), protocol),

            // ":80" is what a variable that was empty leaves behind; the port alone says the same without a doubt.
            2 => throw spec.Invalid("the host port before the colon is empty"),
            _ => throw spec.Invalid("there are too many colons (an IPv6 address stands in brackets)"),
        };
    }

    /// <summary>Parses one port of a container: 80 or 53/udp.</summary>
    /// <exception cref="EngineException">InvalidPortSpecification.</exception>
    public static ContainerPort ParsePort(string text)
    {
        IReadOnlyList<ContainerPort> ports = ParsePortRange(text);
        return ports.Count == 1 ? ports[0] : throw new Specification(text, "Write it as 80 or 53/udp.").Invalid("one port is wanted, not a range");
    }

    /// <summary>Parses what -Expose takes: 80, 53/udp or 7000-7010/tcp.</summary>
    /// <exception cref="EngineException">InvalidPortSpecification.</exception>
    public static IReadOnlyList<ContainerPort> ParsePortRange(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Specification spec = new(text, ExposeExample);
        if (text.Contains(':', StringComparison.Ordinal))
        {
            throw spec.Invalid("a port of a container has no colon; -Publish is for ports of the host");
        }

        string ports = spec.SplitProtocol(out string protocol);
        PortRange range = spec.Range(ports, "port");
        return [.. range.Ports.Select(port => new ContainerPort(port, protocol))];
    }

    private static List<PortPublication> Dynamic(string? address, PortRange container, string protocol) =>
        [.. container.Ports.Select(port => new PortPublication(address, 0, new ContainerPort(port, protocol)))];

    private static List<PortPublication> Fixed(string? address, PortRange host, PortRange container, string protocol, Specification spec)
    {
        if (container.Count == 1)
        {
            PortPublication one = new(address, host.First, new ContainerPort(container.First, protocol));
            return [host.Count == 1 ? one : one with { LastHostPort = host.Last }];
        }

        if (host.Count != container.Count)
        {
            throw spec.Invalid(string.Create(
                CultureInfo.InvariantCulture, $"the host range has {host.Count} ports and the container range {container.Count}"));
        }

        return
        [
            .. container.Ports.Select(
                (port, index) => new PortPublication(address, host.First + index, new ContainerPort(port, protocol))),
        ];
    }

    /// <summary>Takes "[ADDRESS]:" off the front.</summary>
    private static string? SplitAddress(ref string ports, Specification spec)
    {
        if (!ports.StartsWith('['))
        {
            return null;
        }

        int end = ports.IndexOf("]:", StringComparison.Ordinal);
        if (end < 0)
        {
            throw spec.Invalid("the address in brackets does not end in \"]:\"");
        }

        string address = ports[1..end];
        if (!address.Contains(':', StringComparison.Ordinal))
        {
            throw spec.Invalid($"\"{address}\" in brackets is no IPv6 address");
        }

        ports = ports[(end + 2)..];
        return ParseAddress(address, spec);
    }

    private static string ParseAddress(string text, Specification spec)
    {
        if (text.Length == 0)
        {
            throw spec.Invalid("the address before the first colon is empty");
        }

        if (!InterfaceAddress.TryParseAddress(text, out IPAddress? address))
        {
            throw spec.Invalid($"\"{text}\" is no IP address");
        }

        if (address!.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        bool multicast = address.IsIPv6Multicast
            || (address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes()[0] >= 224);
        if (multicast || address.IsIPv6LinkLocal)
        {
            throw spec.Invalid($"nothing can be published on the address {address}");
        }

        return address.ToString();
    }

    private readonly record struct PortRange(int First, int Last)
    {
        internal int Count => Last - First + 1;

        internal IEnumerable<int> Ports => Enumerable.Range(First, Count);
    }

    /// <summary>The text that is being parsed, for the messages about it.</summary>
    private readonly record struct Specification(string Text, string Action)
    {
        internal EngineException Invalid(string what) => new(
            EngineErrorKind.InvalidArgument, "InvalidPortSpecification", $"\"{Text}\" is no valid port specification: {what}.", Text, Action);

        internal string SplitProtocol(out string protocol)
        {
            int slash = Text.IndexOf('/', StringComparison.Ordinal);
            protocol = slash < 0 ? Tcp : Text[(slash + 1)..].ToLowerInvariant();
            return protocol is Tcp or Udp or Sctp
                ? slash < 0 ? Text : Text[..slash]
                : throw Invalid($"the protocol \"{protocol}\" is none of tcp, udp and sctp");
        }

        internal PortRange Range(string text, string what)
        {
            int dash = text.IndexOf('-', StringComparison.Ordinal);
            if (dash < 0)
            {
                int port = Port(text, what);
                return new PortRange(port, port);
            }

            PortRange range = new(Port(text[..dash], what), Port(text[(dash + 1)..], what));
            if (range.Last < range.First)
            {
                throw Invalid($"the range {text} ends before it begins");
            }

            return range.Count <= MaxPorts
                ? range
                : throw Invalid(string.Create(
                    CultureInfo.InvariantCulture, $"the range {text} has {range.Count} ports, and at most {MaxPorts} can be given at once"));
        }

        private int Port(string text, string what)
        {
            if (text.Length == 0)
            {
                throw Invalid($"the {what} is empty");
            }

            if (!text.All(char.IsAsciiDigit))
            {
                throw Invalid($"the {what} \"{text}\" is no number");
            }

            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is >= 1 and <= 65535
                ? port
                : throw Invalid($"the {what} {text} is not between 1 and 65535");
        }
    }
}
