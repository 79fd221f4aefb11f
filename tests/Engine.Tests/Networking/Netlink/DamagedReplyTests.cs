using System.Net;
using System.Runtime.InteropServices;
using Containers.Engine.Networking;
using Containers.Engine.Networking.Netlink;
using Xunit;
using static Containers.Engine.Linux.Libc;

namespace Containers.Engine.Tests.Networking.Netlink;

/// <summary>Replies that are cut short, lie about lengths or are noise: the readers end.</summary>
public class DamagedReplyTests
{
    private static readonly byte[] s_link = LinkMessages
        .CreateVeth("veth1", "eth0", mtu: 1400, masterIndex: 3, up: true).Message.ToArray();

    private static readonly byte[] s_address = AddressMessages
        .Add(2, new InterfaceAddress(IPAddress.Parse("fd00::1"), 64), IPAddress.Parse("fd00::2")).Message.ToArray();

    private static readonly byte[] s_route = RouteMessages
        .Add(IPNetwork.Parse("10.50.0.0/16"), IPAddress.Parse("10.9.0.9"), 2, metric: 5).Message.ToArray();

    [Fact]
    public void Whole_messages_are_read()
    {
        NetlinkReader reader = new([.. s_link, .. s_route]);
        Assert.True(reader.MoveNext());
        LinkInfo link = NetlinkReplies.ReadLink(reader.Body)!;
        Assert.Equal(("veth1", "veth", 1400, 3, true), (link.Name, link.Kind, link.Mtu, link.Master, link.IsUp));
        Assert.True(reader.MoveNext());
        RouteInfo route = Assert.Single(RouteReplies.Read(reader.Body));
        Assert.Equal(("10.50.0.0/16", "10.9.0.9"), (route.Destination.ToString(), route.Gateway!.ToString()));
        Assert.Equal((2, 5), (route.Index, route.Metric));
        Assert.False(reader.MoveNext());
        Assert.False(reader.Damaged);
    }

    [Fact]
    public void A_datagram_that_is_cut_short_anywhere_ends_the_walk()
    {
        for (int length = 1; length < s_link.Length; length++)
        {
            NetlinkReader reader = new(s_link.AsSpan(0, length));
            Assert.False(reader.MoveNext());
            Assert.True(reader.Damaged, $"{length} bytes");
        }
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(15u)]
    [InlineData(0x7fffffffu)]
    [InlineData(0xffffffffu)]
    public void A_message_that_lies_about_its_length_ends_the_walk(uint length)
    {
        byte[] bytes = [.. s_link];
        MemoryMarshal.Write(bytes, length);
        NetlinkReader reader = new(bytes);
        Assert.False(reader.MoveNext());
        Assert.True(reader.Damaged);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(0xffff)]
    public void An_attribute_that_lies_about_its_length_ends_the_walk(int length)
    {
        byte[] bytes = [.. s_link];
        MemoryMarshal.Write(bytes.AsSpan(32), (ushort)length);
        Assert.Null(NetlinkReplies.ReadLink(bytes.AsSpan(16)));
    }

    [Fact]
    public void A_next_hop_of_no_length_does_not_loop()
    {
        byte[] bytes = new NetlinkWriter(RTM_NEWROUTE, 0)
            .Structure(new RouteHeader { Family = AF_INET })
            .Bytes(RTA_MULTIPATH, new byte[16])
            .ToArray();
        Assert.Equal(0, Assert.Single(RouteReplies.Read(bytes.AsSpan(16))).Index);
    }

    [Fact]
    public void A_route_with_several_ways_is_reported_once_for_each()
    {
        byte[] hops = [16, 0, 0, 0, 7, 0, 0, 0, 8, 0, (byte)RTA_GATEWAY, 0, 10, 0, 0, 1, 8, 0, 0, 0, 9, 0, 0, 0];
        byte[] bytes = new NetlinkWriter(RTM_NEWROUTE, 0)
            .Structure(new RouteHeader { Family = AF_INET, Table = RT_TABLE_MAIN })
            .Bytes(RTA_MULTIPATH, hops)
            .ToArray();
        List<RouteInfo> routes = RouteReplies.Read(bytes.AsSpan(16));
        Assert.Equal([(7, "10.0.0.1"), (9, null)], routes.Select(r => (r.Index, r.Gateway?.ToString())));
    }

    [Fact]
    public void Addresses_of_another_familys_length_and_prefixes_too_long_are_left_out()
    {
        Assert.Null(NetlinkReplies.ReadAddress(Address(AF_INET, 24, new byte[16])));
        Assert.Null(NetlinkReplies.ReadAddress(Address(AF_INET, 33, [10, 0, 0, 1])));
        Assert.Null(NetlinkReplies.ReadAddress(Address(AF_INET, 24, [10, 0, 0])));
        Assert.Null(NetlinkReplies.ReadAddress(Address(28, 24, [10, 0, 0, 1])));
        Assert.NotNull(NetlinkReplies.ReadAddress(Address(AF_INET, 24, [10, 0, 0, 1])));

        static byte[] Address(int family, byte prefix, byte[] value) => new NetlinkWriter(RTM_NEWADDR, 0)
            .Structure(new AddressHeader { Family = (byte)family, PrefixLength = prefix })
            .Bytes(IFA_LOCAL, value)
            .ToArray()[16..];
    }

    [Fact]
    public void An_acknowledgement_gives_errno_and_the_kernels_text()
    {
        byte[] capped = [.. BitConverter.GetBytes(-17), .. s_link.AsSpan(0, 16), 8, 0, 1, 0, (byte)'n', (byte)'o', 0, 0];
        Assert.True(NetlinkReplies.TryReadAcknowledgement(capped, NLM_F_CAPPED | NLM_F_ACK_TLVS, out int errno, out string? text));
        Assert.Equal((17, "no"), (errno, text));
        byte[] whole = [.. BitConverter.GetBytes(-17), .. s_link, 8, 0, 1, 0, (byte)'n', (byte)'o', 0, 0];
        Assert.True(NetlinkReplies.TryReadAcknowledgement(whole, NLM_F_ACK_TLVS, out errno, out text));
        Assert.Equal((17, "no"), (errno, text));
        Assert.False(NetlinkReplies.TryReadAcknowledgement(capped.AsSpan(0, 19), 0, out _, out _));
        Assert.False(NetlinkReplies.TryReadAcknowledgement([.. BitConverter.GetBytes(5), .. new byte[16]], 0, out _, out _));
        MemoryMarshal.Write(whole.AsSpan(4), uint.MaxValue);
        Assert.True(NetlinkReplies.TryReadAcknowledgement(whole, NLM_F_ACK_TLVS, out errno, out text));
        Assert.Equal((17, null), (errno, text));
        Assert.Equal(4, NetlinkReplies.ReadDone(BitConverter.GetBytes(-4), out _));
        Assert.Equal(0, NetlinkReplies.ReadDone([], out _));
    }

    /// <summary>Good messages with a few bytes changed, and noise; the seed is fixed, so that a failure comes back.</summary>
    [Fact]
    public void Noise_neither_throws_nor_loops()
    {
        Random random = new(20140806);
        int read = 0;
        for (int i = 0; i < 60_000; i++)
        {
            byte[] bytes = (i % 4) switch { 0 => [.. s_link], 1 => [.. s_address], 2 => [.. s_route], _ => new byte[random.Next(200)] };
            if (i % 4 == 3)
            {
                random.NextBytes(bytes);
            }

            for (int changes = random.Next(4); changes > 0 && bytes.Length > 0; changes--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            ReadOnlySpan<byte> body = bytes.AsSpan(Math.Min(16, bytes.Length));
            NetlinkReader reader = new(bytes);
            int messages = 0;
            while (reader.MoveNext())
            {
                messages++;
            }

            Assert.InRange(messages, 0, bytes.Length / 16);
            read += NetlinkReplies.ReadLink(body) is null ? 0 : 1;
            read += NetlinkReplies.ReadAddress(body) is null ? 0 : 1;
            read += RouteReplies.Read(body).Count;
            NetlinkReplies.TryReadAcknowledgement(body, (ushort)random.Next(0x400), out _, out _);
            NetlinkReplies.ReadDone(body, out _);
        }

        Assert.InRange(read, 10_000, int.MaxValue);
    }
}
