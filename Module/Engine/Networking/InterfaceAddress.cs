using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Containers.Engine.Networking;

/// <summary>An address of an interface with the length of its network's prefix: 192.168.5.1/24. Unlike a network it keeps its host bits.</summary>
public sealed record InterfaceAddress(IPAddress Address, int PrefixLength)
{
    /// <summary>The network the address is in: 192.168.5.0/24.</summary>
    public IPNetwork Network => new(BaseAddress(Address, PrefixLength), PrefixLength);

    public bool IsIPv6 => Address.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>ADDRESS/PREFIX; without a prefix there is none to guess.</summary>
    public static bool TryParse(string? text, out InterfaceAddress? address)
    {
        address = null;
        string[] parts = (text ?? "").Trim().Split('/');
        if (parts.Length != 2 || !TryParseAddress(parts[0], out IPAddress? ip)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int prefix)
            || prefix > (ip!.AddressFamily == AddressFamily.InterNetwork ? 32 : 128))
        {
            return false;
        }

        address = new InterfaceAddress(ip, prefix);
        return true;
    }

    /// <summary>Dotted quad or IPv6 only: "1" and "0x7f.1", which <see cref="IPAddress.TryParse(string, out IPAddress)"/> takes, are typing mistakes here.</summary>
    public static bool TryParseAddress(string? text, out IPAddress? address)
    {
        address = null;
        if (string.IsNullOrEmpty(text) || text.Contains('%', StringComparison.Ordinal) || text.StartsWith('[')
            || !IPAddress.TryParse(text, out IPAddress? parsed))
        {
            return false;
        }

        if (parsed.AddressFamily == AddressFamily.InterNetwork && parsed.ToString() != text)
        {
            return false;
        }

        address = parsed;
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address}/{PrefixLength}");

    private static IPAddress BaseAddress(IPAddress address, int prefix)
    {
        byte[] bytes = address.GetAddressBytes();
        for (int bit = prefix; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new IPAddress(bytes);
    }
}
