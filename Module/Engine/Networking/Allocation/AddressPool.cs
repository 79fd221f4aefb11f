using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Containers.Engine.Networking.Allocation;

/// <summary>A part of the address space that new networks get subnets of.</summary>
/// <param name="Size">Prefix length of each subnet.</param>
internal sealed record AddressPool(IPNetwork Base, int Size)
{
    /// <summary>172.18 to 172.31 whole, then 192.168 in steps of 4096: what docker has used since 1.9, less the default bridge's.</summary>
    internal static IReadOnlyList<AddressPool> Default { get; } =
    [
        .. Enumerable.Range(18, 14).Select(second => new AddressPool(new IPNetwork(new IPAddress([172, (byte)second, 0, 0]), 16), 16)),
        new AddressPool(new IPNetwork(new IPAddress([192, 168, 0, 0]), 16), 20),
    ];

    internal AddressFamily Family => Base.BaseAddress.AddressFamily;

    /// <summary>BASE/PREFIX=SIZE: 10.20.0.0/16=24.</summary>
    /// <exception cref="EngineException">InvalidSubnet.</exception>
    internal static AddressPool Parse(string text)
    {
        string[] parts = text.Split('=');
        IPNetwork network = SubnetValidation.ParseSubnet(parts[0]);
        (int _, int longest) = SubnetValidation.Prefixes(network.BaseAddress.AddressFamily);
        return parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int size)
            && size >= network.PrefixLength && size <= longest
            ? new AddressPool(network, size)
            : throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidSubnet",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"\"{text}\" is no address pool: after \"=\" it needs a prefix length of {network.PrefixLength} to {longest}."),
                text, "Write it as BASE/PREFIX=SIZE, for example 10.20.0.0/16=24.");
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Base}={Size}");
}
