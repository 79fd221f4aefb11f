using System.Net;

namespace Containers.Engine.Networking.Allocation;

/// <summary>What a new subnet must keep clear of: a container could not reach those behind it, nor the host.</summary>
internal sealed record SubnetsInUse
{
    /// <summary>Destinations of the host's routes, of all tables that count.</summary>
    public IReadOnlyList<IPNetwork> Routes { get; init; } = [];

    /// <summary>The name servers of the host's resolv.conf.</summary>
    public IReadOnlyList<IPAddress> NameServers { get; init; } = [];

    /// <summary>The engine's other networks: name and subnet. One that is down has no route.</summary>
    public IReadOnlyList<KeyValuePair<string, IPNetwork>> Networks { get; init; } = [];

    /// <summary>What the subnet overlaps, in words for a message, or null when it is free.</summary>
    internal string? Overlap(IPNetwork subnet) => Overlap(subnet, out _);

    /// <param name="taken">The part of the address space that is taken there.</param>
    internal string? Overlap(IPNetwork subnet, out IPNetwork taken)
    {
        foreach ((string name, IPNetwork network) in Networks)
        {
            if (AddressNumbers.Overlap(network, subnet))
            {
                taken = network;
                return $"the network \"{name}\" ({network})";
            }
        }

        foreach (IPNetwork route in Routes)
        {
            if (!IsDefault(route) && AddressNumbers.Overlap(route, subnet))
            {
                taken = route;
                return $"the host's route to {route}";
            }
        }

        foreach (IPAddress server in NameServers)
        {
            if (subnet.BaseAddress.AddressFamily == server.AddressFamily && subnet.Contains(server))
            {
                taken = new IPNetwork(server, AddressNumbers.Bits(server.AddressFamily));
                return $"the host's name server {server}";
            }
        }

        taken = default;
        return null;
    }

    // A VPN that takes all traffic often sets two halves, 0.0.0.0/1 and 128.0.0.0/1, to win over the default route without replacing it.
    private static bool IsDefault(IPNetwork route) => route.PrefixLength <= 1;
}
