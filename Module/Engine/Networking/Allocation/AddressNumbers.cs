using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Containers.Engine.Networking.Allocation;

/// <summary>Addresses as numbers, to count through them; the family says how many bytes a number stands for.</summary>
internal static class AddressNumbers
{
    internal static int Bits(AddressFamily family) => family == AddressFamily.InterNetwork ? 32 : 128;

    internal static UInt128 ToNumber(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        return length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    internal static IPAddress ToAddress(UInt128 number, AddressFamily family)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (family == AddressFamily.InterNetwork)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)number);
            return new IPAddress(bytes[..4]);
        }

        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return new IPAddress(bytes);
    }

    internal static UInt128 First(IPNetwork network) => ToNumber(network.BaseAddress);

    /// <summary>The highest address: of IPv4 networks the broadcast address.</summary>
    internal static UInt128 Last(IPNetwork network) => First(network) + Size(network.BaseAddress.AddressFamily, network.PrefixLength) - 1;

    internal static IPAddress LastAddress(IPNetwork network) => ToAddress(Last(network), network.BaseAddress.AddressFamily);

    /// <summary>The address that is <paramref name="offset"/> after the network's own.</summary>
    internal static IPAddress AddressAt(IPNetwork network, int offset) =>
        ToAddress(First(network) + (UInt128)offset, network.BaseAddress.AddressFamily);

    /// <summary>Number of addresses below a prefix; 0 stands for 2^128, which wraps around as it should.</summary>
    internal static UInt128 Size(AddressFamily family, int prefix)
    {
        int bits = Bits(family) - prefix;
        return bits == 128 ? UInt128.Zero : UInt128.One << bits;
    }

    internal static bool Overlap(IPNetwork a, IPNetwork b) =>
        a.BaseAddress.AddressFamily == b.BaseAddress.AddressFamily
        && (a.PrefixLength <= b.PrefixLength ? a.Contains(b.BaseAddress) : b.Contains(a.BaseAddress));

    /// <summary>Whether the one is the other or a part of it.</summary>
    internal static bool Covers(IPNetwork outer, IPNetwork inner) =>
        outer.PrefixLength <= inner.PrefixLength && Overlap(outer, inner);
}
