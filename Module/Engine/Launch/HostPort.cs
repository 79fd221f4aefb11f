using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Linux;

namespace Containers.Engine.Launch;

/// <summary>Published ports in the form that the plan and the monitor take.</summary>
internal static unsafe class HostPort
{
    /// <param name="protocol">tcp, udp or sctp.</param>
    /// <param name="address">An address of the host, or any of its family.</param>
    /// <param name="port">1 to 65535.</param>
    internal static PlanPort Of(string protocol, IPAddress address, int port)
    {
        PlanPort made = new()
        {
            Protocol = protocol switch
            {
                "tcp" => PlanPort.Tcp,
                "udp" => PlanPort.Udp,
                "sctp" => PlanPort.Sctp,
                _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "tcp, udp or sctp"),
            },
            Family = (ushort)(address.AddressFamily == AddressFamily.InterNetworkV6 ? Libc.AF_INET6 : Libc.AF_INET),
            Port = checked((ushort)port),
        };
        address.TryWriteBytes(new Span<byte>(made.Address, 16), out _);
        return made;
    }

    internal static IPAddress AddressOf(PlanPort port) =>
        new(new ReadOnlySpan<byte>(port.Address, port.Family == Libc.AF_INET6 ? 16 : 4));

    /// <summary>"8080/tcp", or "8080/tcp of 192.0.2.1" where it is not every address.</summary>
    internal static string Describe(PlanPort port)
    {
        string protocol = port.Protocol switch { PlanPort.Tcp => "tcp", PlanPort.Udp => "udp", _ => "sctp" };
        string name = string.Create(CultureInfo.InvariantCulture, $"{port.Port}/{protocol}");
        IPAddress address = AddressOf(port);
        return address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? name : $"{name} of {address}";
    }
}
