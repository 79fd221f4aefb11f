using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Containers.Engine.Networking.Allocation;

/// <summary>Hardware addresses of containers' interfaces: six bytes, written 02:42:ac:11:00:02.</summary>
internal static class MacAddresses
{
    private const int Length = 6;

    /// <summary>
    /// 02:42 and the four bytes of an IPv4 address, as docker has it: after a restart with the same address, the neighbours' ARP tables are
    /// still right. Without one, random.
    /// </summary>
    internal static byte[] For(IPAddress? address)
    {
        byte[] mac = new byte[Length];
        if (address?.AddressFamily == AddressFamily.InterNetwork)
        {
            mac[0] = 0x02;
            mac[1] = 0x42;
            address.TryWriteBytes(mac.AsSpan(2), out _);
            return mac;
        }

        RandomNumberGenerator.Fill(mac);

        // IEEE 802: bit 0 of the first byte is for groups, bit 1 for addresses that no manufacturer gave.
        mac[0] = (byte)((mac[0] & 0xFC) | 0x02);
        return mac;
    }

    internal static string Format(ReadOnlySpan<byte> mac) =>
        Convert.ToHexStringLower(mac).Chunk(2).Select(pair => new string(pair)).Aggregate((left, right) => $"{left}:{right}");

    /// <summary>Six bytes in hexadecimal between colons or hyphens.</summary>
    /// <exception cref="EngineException">InvalidMacAddress.</exception>
    internal static byte[] Parse(string text)
    {
        string[] parts = text.Split(text.Contains('-', StringComparison.Ordinal) ? '-' : ':');
        byte[] mac = new byte[Length];
        if (parts.Length != Length)
        {
            throw Invalid(text, "it does not have six bytes");
        }

        for (int i = 0; i < Length; i++)
        {
            if (parts[i].Length != 2 || !byte.TryParse(parts[i], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out mac[i]))
            {
                throw Invalid(text, $"\"{parts[i]}\" is no byte of two hexadecimal digits");
            }
        }

        if ((mac[0] & 1) != 0)
        {
            throw Invalid(text, "it is one of a group, not of a single interface");
        }

        return mac.AsSpan().ContainsAnyExcept((byte)0) ? mac : throw Invalid(text, "all of its bytes are zero");
    }

    private static EngineException Invalid(string text, string what) => new(
        EngineErrorKind.InvalidArgument, "InvalidMacAddress", $"\"{text}\" is no valid MAC address: {what}.", text,
        "Write six bytes, the first of them even, for example 02:42:ac:11:00:02.");
}
