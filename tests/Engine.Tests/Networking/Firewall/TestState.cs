using System.Net;
using Containers.Engine.Networking.Firewall;

namespace Containers.Engine.Tests.Networking.Firewall;

internal static class TestState
{
    internal const string NetA = "aaaaaaaaaaaa0001";
    internal const string NetB = "bbbbbbbbbbbb0002";
    internal const string Web = "111111111111ffff";
    internal const string Db = "222222222222ffff";

    internal static FirewallNetwork A { get; } = new()
    {
        Name = "bridge", Id = NetA, Bridge = "containers0", IPv4 = IPNetwork.Parse("172.17.0.0/16"), IPv6 = IPNetwork.Parse("fd00:a::/64"),
    };

    internal static FirewallNetwork B { get; } = new() { Name = "back", Id = NetB, Bridge = "br-b",
        IPv4 = IPNetwork.Parse("172.18.0.0/16"), InterContainer = false };

    /// <summary>Two networks; web publishes on the first, db is linked from web on it.</summary>
    internal static FirewallState Two { get; } = new()
    {
        Networks = [A, B],
        Endpoints =
        [
            new()
            {
                Container = Web, ContainerName = "web -j ACCEPT", Bridge = "containers0", IPv4 = IPAddress.Parse("172.17.0.2"),
                    IPv6 = IPAddress.Parse("fd00:a::2"),
                Ports = [new(null, 8080, 80, "tcp"), new(IPAddress.Parse("127.0.0.1"), 53, 53, "udp"), new(IPAddress.Parse("10.0.0.1"), 81,
                    80, "tcp")],
            },
            new() { Container = Db, ContainerName = "db", Bridge = "br-b", IPv4 = IPAddress.Parse("172.18.0.2"), Ports = [new(null, 9000,
                9000, "sctp")] },
        ],
        Links =
        [
            new()
            {
                Container = Web, Bridge = "containers0", Source = IPAddress.Parse("172.17.0.2"), Target = IPAddress.Parse("172.17.0.3"),
                    Port = 5432, Protocol = "tcp",
            },
        ],
    };

    internal static FirewallState Hundred { get; } = Two with
    {
        Endpoints =
        [
            .. Enumerable.Range(0, 100).Select(i => new FirewallEndpoint
            {
                Container = $"{i:x12}", ContainerName = $"c{i}", Bridge = "containers0", IPv4 = IPAddress.Parse($"172.17.1.{i + 1}"),
                Ports = [new(null, 20000 + i, 80, "tcp")],
            }),
        ],
        Links = [],
    };

    internal static FirewallState Without(FirewallState state, string container) => state with
    {
        Endpoints = [.. state.Endpoints.Where(e => e.Container != container)], Links = [.. state.Links.Where(l =>
            l.Container != container)],
    };
}
