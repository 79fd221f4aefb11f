using System.Net;
using System.Net.NetworkInformation;
using System.Runtime.InteropServices;
using Containers.Engine.Linux;
using Containers.Engine.Networking;
using Containers.Engine.Networking.Netlink;
using Xunit;

namespace Containers.Engine.Tests.Networking.Netlink;

/// <summary>
/// Our messages against those of iproute2 6.1, as strace showed them (-e trace=sendmsg -e write=3) in a namespace where base has number 2,
/// v1 3, v0 4, eth1 8, hostb 9. Compared are type, flags, structure and the tree of attributes; their order has no meaning. Sequence
/// number and descriptors are masked.
/// </summary>
public sealed class MessageBytesTests
{
    // Opened, not made: this needs no root.
    private static readonly NetworkNamespace s_here = NetworkNamespace.Open("/proc/self/ns/net");

    private static readonly Dictionary<string, (string Hex, Func<NetlinkRequest> Make)> s_cases = new()
    {
        ["ip link add br0 type bridge"] = (
            "3800000010000506b4c2046b00000000000000000000000000000000000000000800030062723000100012000a0001006272696467650000",
            () => LinkMessages.CreateBridge("br0")),
        ["ip link add br1 mtu 1400 address 02:42:ac:11:00:01 up type bridge"] = (
            "4c00000010000506b4c2046b000000000000000000000000010000000100000008000400780500000a0001000242ac110001000008000300"
            + "62723100100012000a0001006272696467650000",
            () => LinkMessages.CreateBridge("br1", 1400, Mac(1), up: true)),
        ["ip link add hosta mtu 1400 master base up type veth peer name eth0 netns /proc/PID/ns/net"] = (
            "7400000010000506b4c2046b0000000000000000000000000100000001000000080004007805000008000a00020000000a000300686f7374"
            + "610000003800120008000100766574682c000200280001000000000000000000000000000000000008001c00040000000900030065746830"
            + "00000000",
            () => LinkMessages.CreateVeth("hosta", "eth0", 1400, 2, up: true, peerNamespace: s_here)),
        ["ip link add hostb type veth peer name eth1 mtu 1400 address 02:42:ac:11:00:02"] = (
            "7000000010000506b4c2046b00000000000000000000000000000000000000000a000300686f737462000000440012000800010076657468"
            + "38000200340001000000000000000000000000000000000008000400780500000a0001000242ac1100020000090003006574683100000000",
            () => LinkMessages.CreateVeth("hostb", "eth1", peerMtu: 1400, peerMac: Mac(2))),
        ["ip link add mv0 link v0 address 02:42:ac:11:00:03 mtu 1400 type macvlan mode bridge"] = (
            "6000000010000506b4c2046b00000000000000000000000000000000000000000a0001000242ac1100030000080004007805000008000500"
            + "04000000080003006d7630001c0012000b0001006d6163766c616e000c0002000800010004000000",
            () => LinkMessages.CreateMacvlan("mv0", 4, MacvlanMode.Bridge, mac: Mac(3), mtu: 1400)),
        ["ip link add mv1 link v0 type macvlan mode private"] = (
            "4c00000010000506b4c2046b00000000000000000000000000000000000000000800050004000000080003006d7631001c0012000b000100"
            + "6d6163766c616e000c0002000800010001000000",
            () => LinkMessages.CreateMacvlan("mv1", 4, MacvlanMode.Private)),
        ["ip link add mv2 link v0 type macvlan mode passthru"] = (
            "4c00000010000506b4c2046b00000000000000000000000000000000000000000800050004000000080003006d7632001c0012000b000100"
            + "6d6163766c616e000c0002000800010008000000",
            () => LinkMessages.CreateMacvlan("mv2", 4, MacvlanMode.Passthru)),
        ["ip link add iv0 link v0 type ipvlan mode l2"] = (
            "5400000010000506b4c2046b000000000000000000000000000000000000000008000500040000000800030069763000240012000a000100"
            + "6970766c616e00001400020006000100000000000600020000000000",
            () => LinkMessages.CreateIpvlan("iv0", 4, IpvlanMode.L2)),
        ["ip link add iv1 link v0 type ipvlan mode l3"] = (
            "5400000010000506b4c2046b000000000000000000000000000000000000000008000500040000000800030069763100240012000a000100"
            + "6970766c616e00001400020006000100010000000600020000000000",
            () => LinkMessages.CreateIpvlan("iv1", 4, IpvlanMode.L3)),
        ["ip link add v0.7 link v0 type vlan id 7"] = (
            "4c00000010000506b4c2046b000000000000000000000000000000000000000008000500040000000900030076302e370000000018001200"
            + "08000100766c616e0c0002000600010007000000",
            () => LinkMessages.CreateVlan("v0.7", 4, 7)),
        ["ip link set dev v0 up"] = (
            "2000000010000500b4c2046b0000000000000000040000000100000001000000",
            () => LinkMessages.SetUp(4)),
        ["ip link set dev v0 down"] = (
            "2000000010000500b4c2046b0000000000000000040000000000000001000000",
            () => LinkMessages.SetDown(4)),
        ["ip link set dev v0 master base"] = (
            "2800000010000500b4c2046b000000000000000004000000000000000000000008000a0002000000",
            () => LinkMessages.SetMaster(4, 2)),
        ["ip link set dev v0 nomaster"] = (
            "2800000010000500b4c2046b000000000000000004000000000000000000000008000a0000000000",
            () => LinkMessages.SetMaster(4, 0)),
        ["ip link set dev v0 mtu 1300"] = (
            "2800000010000500b5c2046b00000000000000000400000000000000000000000800040014050000",
            () => LinkMessages.SetMtu(4, 1300)),
        ["ip link set dev v0 address 02:42:ac:11:00:04"] = (
            "2c00000010000500b6c2046b00000000000000000400000000000000000000000a0001000242ac1100040000",
            () => LinkMessages.SetHardwareAddress(4, Mac(4))),
        ["ip link set dev hostb name hostc"] = (
            "2c00000010000500b5c2046b00000000000000000900000000000000000000000a000300686f737463000000",
            () => LinkMessages.Rename(9, "hostc")),
        ["ip link set dev hostc alias web"] = (
            "2800000010000500b5c2046b00000000000000000900000000000000000000000700140077656200",
            () => LinkMessages.SetAlias(9, "web")),
        ["ip link set dev v1 type bridge_slave isolated on hairpin on"] = (
            "4800000010000500b5c2046b000000000000000003000000000000000000000028001200100001006272696467655f736c61766514000500"
            + "05002100010000000500040001000000",
            () => LinkMessages.SetBridgePort(3, isolated: true, hairpin: true)),
        ["ip link set dev eth1 netns /proc/PID/ns/net name ethx"] = (
            "3400000010000500b5c2046b000000000000000008000000000000000000000008001c0004000000090003006574687800000000",
            () => LinkMessages.MoveToNamespace(8, s_here, "ethx")),
        ["ip link del hostc"] = (
            "2000000011000500b5c2046b0000000000000000090000000000000000000000",
            () => LinkMessages.Delete(9)),
        ["ip address add 10.9.1.1/24 dev base"] = (
            "2800000014000506b5c2046b000000000218000002000000080002000a090101080001000a090101",
            () => AddressMessages.Add(2, Address("10.9.1.1", 24))),
        ["ip address add 10.9.1.2/24 broadcast 10.9.1.255 dev base"] = (
            "3000000014000506b5c2046b000000000218000002000000080002000a090102080004000a0901ff080001000a090102",
            () => AddressMessages.Add(2, Address("10.9.1.2", 24), broadcast: IPAddress.Parse("10.9.1.255"))),
        ["ip address add 10.9.2.1 peer 10.9.2.2/32 dev base"] = (
            "2800000014000506b5c2046b000000000220000002000000080002000a090201080001000a090202",
            () => AddressMessages.Add(2, Address("10.9.2.1", 32), IPAddress.Parse("10.9.2.2"))),
        ["ip address add fd00::1/64 dev base nodad"] = (
            "4000000014000506b5c2046b000000000a4002000200000014000200fd00000000000000000000000000000114000100fd00000000000000"
            + "0000000000000001",
            () => AddressMessages.Add(2, Address("fd00::1", 64), noDad: true)),
        ["ip address del 10.9.1.1/24 dev base"] = (
            "2800000015000500b5c2046b000000000218000002000000080002000a090101080001000a090101",
            () => AddressMessages.Remove(2, Address("10.9.1.1", 24))),
        ["ip address del fd00::1/64 dev base"] = (
            "4000000015000500b5c2046b000000000a4000000200000014000200fd00000000000000000000000000000114000100fd00000000000000"
            + "0000000000000001",
            () => AddressMessages.Remove(2, Address("fd00::1", 64))),
        ["ip route add default via 10.9.0.9 dev base"] = (
            "2c00000018000506b5c2046b0000000002000000fe03000100000000080005000a0900090800040002000000",
            () => RouteMessages.AddDefault(IPAddress.Parse("10.9.0.9"), 2)),
        ["ip route add default via 10.9.0.9 dev base metric 77"] = (
            "3400000018000506b5c2046b0000000002000000fe03000100000000080005000a090009080006004d0000000800040002000000",
            () => RouteMessages.AddDefault(IPAddress.Parse("10.9.0.9"), 2, 77)),
        ["ip route add 10.50.0.0/16 via 10.9.0.9 dev base"] = (
            "3400000018000506b5c2046b0000000002100000fe03000100000000080001000a320000080005000a0900090800040002000000",
            () => RouteMessages.Add(IPNetwork.Parse("10.50.0.0/16"), IPAddress.Parse("10.9.0.9"), 2)),
        ["ip route add 10.51.0.9/32 dev base scope link"] = (
            "2c00000018000506b5c2046b0000000002200000fe03fd0100000000080001000a3300090800040002000000",
            () => RouteMessages.Add(IPNetwork.Parse("10.51.0.9/32"), null, 2)),
        ["ip route add 10.52.0.0/16 via 10.200.0.9 dev base onlink"] = (
            "3400000018000506b5c2046b0000000002100000fe03000104000000080001000a340000080005000ac800090800040002000000",
            () => RouteMessages.Add(IPNetwork.Parse("10.52.0.0/16"), IPAddress.Parse("10.200.0.9"), 2, onLink: true)),
        ["ip route replace 10.50.0.0/16 via 10.9.0.8 dev base"] = (
            "3400000018000505b5c2046b0000000002100000fe03000100000000080001000a320000080005000a0900080800040002000000",
            () => RouteMessages.Replace(IPNetwork.Parse("10.50.0.0/16"), IPAddress.Parse("10.9.0.8"), 2)),
        ["ip route del 10.50.0.0/16 via 10.9.0.8 dev base"] = (
            "3400000019000500b5c2046b0000000002100000fe00ff0000000000080001000a320000080005000a0900080800040002000000",
            () => RouteMessages.Remove(IPNetwork.Parse("10.50.0.0/16"), IPAddress.Parse("10.9.0.8"), 2)),
        ["ip -6 route add default via fd01::9 dev base"] = (
            "4c00000018000506b5c2046b000000000a000000fe03000100000000140001000000000000000000000000000000000014000500fd010000"
            + "0000000000000000000000090800040002000000",
            () => RouteMessages.AddDefault(IPAddress.Parse("fd01::9"), 2)),
        ["ip -6 route add fd05::/48 dev base"] = (
            "3800000018000506b5c2046b000000000a300000fe0300010000000014000100fd0500000000000000000000000000000800040002000000",
            () => RouteMessages.Add(IPNetwork.Parse("fd05::/48"), null, 2)),
        ["ip neigh add proxy 10.9.0.33 dev base"] = (
            "240000001c000506b6c2046b00000000020000000200000080000800080001000a090021",
            () => NeighbourMessages.AddProxy(IPAddress.Parse("10.9.0.33"), 2)),
        ["ip neigh del proxy 10.9.0.33 dev base"] = (
            "240000001d000500b6c2046b00000000020000000200000080000800080001000a090021",
            () => NeighbourMessages.RemoveProxy(IPAddress.Parse("10.9.0.33"), 2)),
        ["ip neigh add proxy fd01::33 dev base"] = (
            "300000001c000506b6c2046b000000000a000000020000008000080014000100fd010000000000000000000000000033",
            () => NeighbourMessages.AddProxy(IPAddress.Parse("fd01::33"), 2)),
    };

    public static TheoryData<string> Commands => [.. s_cases.Keys];

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_message_says_what_the_ip_command_says(string command)
    {
        (string hex, Func<NetlinkRequest> make) = s_cases[command];
        NetlinkRequest request = make();

        Assert.Equal(request.Message.Length, MemoryMarshal.Read<int>(request.Message.Span));
        Assert.Equal(MessageTree.Read(Convert.FromHexString(hex)), MessageTree.Read(request.Message.Span));
    }

    private static PhysicalAddress Mac(byte last) => new([0x02, 0x42, 0xac, 0x11, 0x00, last]);

    private static InterfaceAddress Address(string address, int prefix) => new(IPAddress.Parse(address), prefix);
}
