using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Networking.Netlink;

/// <summary>
/// Tells the neighbours who has an address now, so that they do not send to the interface that had it before: an ARP announcement
/// (RFC 5227, section 3) or an unsolicited neighbour advertisement (RFC 4861, section 7.2.6).
/// </summary>
internal static unsafe class AddressAnnouncement
{
    private const int EthernetHeader = 14;
    private const int IPv6Header = 40;

    /// <summary>Sends one frame by the interface, which must be up (ENETDOWN).</summary>
    internal static void Send(NetworkNamespace target, int index, PhysicalAddress hardwareAddress, IPAddress address)
    {
        byte[] frame = Frame(hardwareAddress, address);
        target.Run(() =>
        {
            // Protocol 0: the socket receives nothing (packet(7)).
            int fd = Libc.socket(Libc.AF_PACKET, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, 0);
            if (fd < 0)
            {
                throw new LinuxException("socket", "AF_PACKET", Errno.Last);
            }

            using SafeFileHandle handle = new(fd, ownsHandle: true);
            Libc.sockaddr_ll way = new() { sll_family = Libc.AF_PACKET, sll_ifindex = index, sll_halen = 6 };
            fixed (byte* p = frame)
            {
                nint sent;
                do
                {
                    sent = Libc.sendto(fd, p, (nuint)frame.Length, 0, &way, (uint)sizeof(Libc.sockaddr_ll));
                }
                while (sent < 0 && Errno.Last == Errno.EINTR);

                if (sent < 0)
                {
                    throw new LinuxException("sendto", $"announcement of {address}", Errno.Last);
                }
            }
        });
    }

    /// <summary>The Ethernet frame, without its check sequence.</summary>
    internal static byte[] Frame(PhysicalAddress hardwareAddress, IPAddress address)
    {
        byte[] mac = hardwareAddress.GetAddressBytes();
        if (mac.Length != 6)
        {
            throw new ArgumentException("An Ethernet address has 6 bytes.", nameof(hardwareAddress));
        }

        return address.AddressFamily == AddressFamily.InterNetwork
            ? Arp(mac, address.GetAddressBytes())
            : NeighbourAdvertisement(mac, address.GetAddressBytes());
    }

    private static byte[] Arp(byte[] mac, byte[] address)
    {
        byte[] frame = new byte[EthernetHeader + 28];
        Ethernet(frame, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff], mac, 0x0806);
        // Ethernet, IPv4, 6 and 4 bytes, a request: who has what the sender has.
        Span<byte> arp = frame.AsSpan(EthernetHeader);
        ((ReadOnlySpan<byte>)[0, 1, 8, 0, 6, 4, 0, 1]).CopyTo(arp);
        mac.CopyTo(arp[8..]);
        address.CopyTo(arp[14..]);
        address.CopyTo(arp[24..]);
        return frame;
    }

    private static byte[] NeighbourAdvertisement(byte[] mac, byte[] address)
    {
        const int length = 32;
        byte[] frame = new byte[EthernetHeader + IPv6Header + length];
        Ethernet(frame, [0x33, 0x33, 0, 0, 0, 1], mac, 0x86dd);
        Span<byte> ip = frame.AsSpan(EthernetHeader);
        ip[0] = 6 << 4;
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], length);
        ip[6] = 58;
        // Anything less than 255 came through a router and is thrown away.
        ip[7] = 255;
        address.CopyTo(ip[8..]);
        // To ff02::1, all nodes.
        ip[24] = 0xff;
        ip[25] = 0x02;
        ip[39] = 1;
        Span<byte> message = ip[IPv6Header..];
        message[0] = 136;
        // Override what the neighbour knows.
        message[4] = 0x20;
        address.CopyTo(message[8..]);
        // Option 2, target link-layer address, 8 bytes.
        message[24] = 2;
        message[25] = 1;
        mac.CopyTo(message[26..]);
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], Checksum(ip[8..]));
        return frame;
    }

    private static void Ethernet(byte[] frame, ReadOnlySpan<byte> to, byte[] from, ushort type)
    {
        to.CopyTo(frame);
        from.CopyTo(frame, 6);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), type);
    }

    /// <summary>RFC 4443, section 2.3: over the addresses, which stand before the message, length, protocol and message.</summary>
    private static ushort Checksum(ReadOnlySpan<byte> addressesAndMessage)
    {
        uint sum = (uint)(addressesAndMessage.Length - 32) + 58;
        for (int at = 0; at < addressesAndMessage.Length; at += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(addressesAndMessage[at..]);
        }

        sum = (sum & 0xffff) + (sum >> 16);
        sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }
}
