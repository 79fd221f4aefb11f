using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Containers.Engine.Networking.Allocation;

/// <summary>Finds subnets that are free on this host. Pure: what is in use is given.</summary>
internal static class SubnetChooser
{
    // Two random 40-bit numbers are the same once in 10^12; more than a few tries mean that the routes cover all of fd00::/8.
    private const int IPv6Tries = 16;

    /// <summary>Addresses of the default bridge in the order in which docker 1.2 tried them.</summary>
    internal static IReadOnlyList<InterfaceAddress> BridgeCandidates { get; } =
    [
        Candidate(172, 17, 42, 16),
        Candidate(10, 0, 42, 16),
        Candidate(10, 1, 42, 16),
        Candidate(10, 42, 42, 16),
        Candidate(172, 16, 42, 24),
        Candidate(172, 16, 43, 24),
        Candidate(172, 16, 44, 24),
        Candidate(10, 0, 42, 24),
        Candidate(10, 0, 43, 24),
        Candidate(192, 168, 42, 24),
        Candidate(192, 168, 43, 24),
        Candidate(192, 168, 44, 24),
    ];

    /// <summary>The address of the default bridge, which is the gateway of its containers.</summary>
    /// <exception cref="EngineException">SubnetsExhausted.</exception>
    internal static InterfaceAddress ChooseBridge(SubnetsInUse inUse) =>
        BridgeCandidates.FirstOrDefault(candidate => inUse.Overlap(candidate.Network) is null)
        ?? throw Exhausted("None of the default bridge's subnets is free on this host.", "Set-ContainerHost -BridgeIP 192.168.5.1/24");

    /// <summary>A subnet for a network of the user's, as its gateway: the first address.</summary>
    /// <param name="pools">Empty for <see cref="AddressPool.Default"/>; those of IPv6 are not looked at.</param>
    /// <exception cref="EngineException">SubnetsExhausted.</exception>
    internal static InterfaceAddress ChooseIPv4(IReadOnlyList<AddressPool> pools, SubnetsInUse inUse)
    {
        AddressPool[] own = [.. pools.Where(pool => pool.Family == AddressFamily.InterNetwork)];
        return Choose(own.Length > 0 ? own : AddressPool.Default, inUse)
            ?? throw Exhausted("No subnet of the address pools is free on this host.", "Set-ContainerHost -AddressPool 10.20.0.0/16=24");
    }

    /// <summary>An IPv6 subnet: of the pools where they have any, else a unique local one, fdXX:XXXX:XXXX::/64 with a random global id.</summary>
    /// <param name="random">Fills in random bytes; null for those of the system.</param>
    /// <remarks>RFC 4193 section 3.2: the 40 bits after fd are random, then 16 bits of subnet, which start at 0.</remarks>
    /// <exception cref="EngineException">SubnetsExhausted.</exception>
    internal static InterfaceAddress ChooseIPv6(IReadOnlyList<AddressPool> pools, SubnetsInUse inUse, Action<byte[]>? random = null)
    {
        AddressPool[] own = [.. pools.Where(pool => pool.Family == AddressFamily.InterNetworkV6)];
        if (own.Length > 0)
        {
            return Choose(own, inUse)
                ?? throw Exhausted("No IPv6 subnet of the address pools is free on this host.", "Set-ContainerHost -AddressPool fd00:1::/48=64");
        }

        byte[] globalId = new byte[5];
        for (int i = 0; i < IPv6Tries; i++)
        {
            (random ?? (bytes => RandomNumberGenerator.Fill(bytes)))(globalId);
            byte[] bytes = new byte[16];
            bytes[0] = 0xfd;
            globalId.CopyTo(bytes, 1);
            IPNetwork subnet = new(new IPAddress(bytes), 64);
            if (inUse.Overlap(subnet) is null)
            {
                return Gateway(subnet);
            }
        }

        throw Exhausted("No unique local IPv6 subnet is free on this host.", "Set-ContainerHost -AddressPool fd00:1::/48=64");
    }

    private static InterfaceAddress? Choose(IEnumerable<AddressPool> pools, SubnetsInUse inUse)
    {
        foreach (AddressPool pool in pools)
        {
            UInt128 step = AddressNumbers.Size(pool.Family, pool.Size);
            UInt128 last = AddressNumbers.Last(pool.Base);
            UInt128 next = AddressNumbers.First(pool.Base);
            while (true)
            {
                IPNetwork subnet = new(AddressNumbers.ToAddress(next, pool.Family), pool.Size);
                if (inUse.Overlap(subnet, out IPNetwork taken) is null)
                {
                    return Gateway(subnet);
                }

                // Over all of what is taken in one step: a pool may have millions of subnets, and one route may cover them.
                UInt128 end = UInt128.Max(AddressNumbers.Last(taken), next + (step - 1));
                if (end >= last)
                {
                    break;
                }

                next = end + 1;
            }
        }

        return null;
    }

    private static InterfaceAddress Gateway(IPNetwork subnet) => new(AddressNumbers.AddressAt(subnet, 1), subnet.PrefixLength);

    private static InterfaceAddress Candidate(byte a, byte b, byte c, int prefix) => new(new IPAddress([a, b, c, 1]), prefix);

    private static EngineException Exhausted(string message, string example) => new(
        EngineErrorKind.LimitsExceeded, "SubnetsExhausted", message, null, $"Name one that is free ({example}), or remove networks you no longer need.");
}
