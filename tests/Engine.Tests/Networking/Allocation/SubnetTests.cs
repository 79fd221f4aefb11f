using System.Net;
using Containers.Engine.Networking;
using Containers.Engine.Networking.Allocation;
using Xunit;

namespace Containers.Engine.Tests.Networking.Allocation;

public class SubnetTests
{
    private static readonly SubnetsInUse s_nothing = new();

    private static SubnetsInUse Routes(params string[] routes) => new() { Routes = [.. routes.Select(IPNetwork.Parse)] };

    [Fact]
    public void The_candidates_of_the_default_bridge_are_those_of_docker_1_2() => Assert.Equal(
        [
            "172.17.42.1/16", "10.0.42.1/16", "10.1.42.1/16", "10.42.42.1/16", "172.16.42.1/24", "172.16.43.1/24", "172.16.44.1/24",
            "10.0.42.1/24", "10.0.43.1/24", "192.168.42.1/24", "192.168.43.1/24", "192.168.44.1/24",
        ],
        SubnetChooser.BridgeCandidates.Select(candidate => candidate.ToString()));

    [Theory]
    [InlineData("", "172.17.42.1/16")]
    [InlineData("0.0.0.0/0", "172.17.42.1/16")]
    [InlineData("0.0.0.0/1 128.0.0.0/1", "172.17.42.1/16")]
    [InlineData("172.17.200.0/24", "10.0.42.1/16")]
    [InlineData("172.16.0.0/12 10.0.0.0/8", "192.168.42.1/24")]
    [InlineData("172.16.0.0/12 10.0.1.0/24 10.1.0.0/16 10.42.0.0/16", "10.0.42.1/24")]
    [InlineData("172.16.0.0/12 10.0.0.0/8 192.168.42.7/32", "192.168.43.1/24")]
    [InlineData("fd00::/8 172.17.0.0/16", "10.0.42.1/16")]
    public void The_default_bridge_gets_the_first_that_no_route_overlaps(string routes, string expected) => Assert.Equal(
        expected, SubnetChooser.ChooseBridge(Routes(routes.Split(' ', StringSplitOptions.RemoveEmptyEntries))).ToString());

    [Fact]
    public void Name_servers_and_other_networks_are_kept_clear_of()
    {
        SubnetsInUse inUse = new()
        {
            NameServers = [IPAddress.Parse("172.17.0.53"), IPAddress.Parse("fd00::1")],
            Networks = [new("web", IPNetwork.Parse("10.0.0.0/24"))],
        };
        Assert.Equal("10.1.42.1/16", SubnetChooser.ChooseBridge(inUse).ToString());
    }

    [Fact]
    public void Nothing_free_is_an_error()
    {
        SubnetsInUse full = Routes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7");
        Assert.Equal(EngineErrorKind.LimitsExceeded, Failure.Of("SubnetsExhausted", () => SubnetChooser.ChooseBridge(full)).Kind);
        Failure.Of("SubnetsExhausted", () => SubnetChooser.ChooseIPv4([], full));
        Failure.Of("SubnetsExhausted", () => SubnetChooser.ChooseIPv6([], full));
        Failure.Of("SubnetsExhausted", () => SubnetChooser.ChooseIPv4([AddressPool.Parse("10.0.0.0/8=30")], full));
    }

    [Theory]
    [InlineData("", "", "172.18.0.1/16")]
    [InlineData("", "172.18.0.0/16 172.19.3.0/24", "172.20.0.1/16")]
    [InlineData("", "172.16.0.0/12", "192.168.0.1/20")]
    [InlineData("", "172.16.0.0/12 192.168.1.0/24 192.168.31.0/24", "192.168.32.1/20")]
    [InlineData("10.20.0.0/16=24", "", "10.20.0.1/24")]
    [InlineData("10.20.0.0/16=24", "10.20.0.0/17", "10.20.128.1/24")]
    [InlineData("10.20.0.0/16=24", "10.20.0.0/24 10.20.2.0/24", "10.20.1.1/24")]
    [InlineData("10.20.0.0/24=24 10.30.0.0/16=28", "10.20.0.128/25", "10.30.0.1/28")]
    [InlineData("10.0.0.0/8=30", "10.0.0.0/9 10.128.0.0/10", "10.192.0.1/30")]
    public void A_network_gets_the_first_free_subnet_of_the_pools(string pools, string routes, string expected)
    {
        AddressPool[] parsed = [.. pools.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(AddressPool.Parse)];
        SubnetsInUse inUse = Routes(routes.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(expected, SubnetChooser.ChooseIPv4(parsed, inUse).ToString());
    }

    [Fact]
    public void The_default_pools_hold_thirty_networks_one_after_another()
    {
        List<KeyValuePair<string, IPNetwork>> made = [];
        for (int i = 0; i < 30; i++)
        {
            InterfaceAddress gateway = SubnetChooser.ChooseIPv4([], s_nothing with { Networks = made });
            made.Add(new("n", gateway.Network));
        }

        Assert.Equal("192.168.240.0/20", made[^1].Value.ToString());
        Failure.Of("SubnetsExhausted", () => SubnetChooser.ChooseIPv4([], s_nothing with { Networks = made }));
    }

    [Fact]
    public void IPv6_subnets_are_unique_local_with_a_random_id()
    {
        byte next = 1;
        InterfaceAddress gateway = SubnetChooser.ChooseIPv6([], Routes("fd01:101:101::/48"), bytes => bytes.AsSpan().Fill(next++));
        Assert.Equal("fd02:202:202::1/64", gateway.ToString());
        Assert.NotEqual(SubnetChooser.ChooseIPv6([], s_nothing), SubnetChooser.ChooseIPv6([], s_nothing));
        Assert.Equal("fd00:1:0:1::1/64", SubnetChooser.ChooseIPv6([AddressPool.Parse("fd00:1::/48=64")], Routes("fd00:1::/64")).ToString());
    }

    [Theory]
    [InlineData("10.20.0.0/16")]
    [InlineData("10.20.0.0/16=8")]
    [InlineData("10.20.0.0/16=31")]
    [InlineData("10.20.0.0/16=24=25")]
    [InlineData("10.20.0.1/16=24")]
    [InlineData("x=24")]
    public void A_malformed_pool_is_refused(string text) => Failure.Of("InvalidSubnet", () => AddressPool.Parse(text));

    [Theory]
    [InlineData("10.20.0.0")]
    [InlineData("10.20.0.0/31")]
    [InlineData("10.0.0.0/7")]
    [InlineData("10.20.0.1/24")]
    [InlineData("127.0.0.0/8")]
    [InlineData("224.0.0.0/8")]
    [InlineData("fe80::/64")]
    [InlineData("fd00::/127")]
    [InlineData("10.20.0.0/x")]
    [InlineData("")]
    public void A_malformed_subnet_is_refused(string text) => Failure.Of("InvalidSubnet", () => SubnetValidation.ParseSubnet(text));

    [Fact]
    public void Good_ones_pass()
    {
        Assert.Equal("10.20.0.0/30", SubnetValidation.ParseSubnet("10.20.0.0/30").ToString());
        Assert.Equal("fd00::/64", SubnetValidation.ParseSubnet("fd00::/64").ToString());
        Assert.Equal("192.168.5.1/24", SubnetValidation.ParseBridgeAddress("192.168.5.1/24").ToString());
        IPNetwork subnet = IPNetwork.Parse("192.168.5.0/24");
        Assert.Equal("192.168.5.128/25", SubnetValidation.ParseRange("192.168.5.128/25", subnet).ToString());
        Assert.Equal("192.168.5.254", SubnetValidation.ParseGateway("192.168.5.254", subnet).ToString());
        SubnetValidation.RequireFree(subnet, Routes("192.168.4.0/24", "0.0.0.0/0"));
    }

    [Theory]
    [InlineData("192.168.5.0/24")]
    [InlineData("192.168.5.255/24")]
    [InlineData("192.168.5.1")]
    public void A_bridge_cannot_have_the_network_or_broadcast_address(string text) =>
        Failure.Of("InvalidSubnet", () => SubnetValidation.ParseBridgeAddress(text));

    [Theory]
    [InlineData("192.168.4.0/23")]
    [InlineData("192.168.6.0/24")]
    [InlineData("192.168.5.1/25")]
    [InlineData("fd00::/64")]
    [InlineData("x")]
    public void A_range_is_inside_the_subnet(string text) =>
        Failure.Of("InvalidRange", () => SubnetValidation.ParseRange(text, IPNetwork.Parse("192.168.5.0/24")));

    [Theory]
    [InlineData("192.168.5.0")]
    [InlineData("192.168.5.255")]
    [InlineData("192.168.6.1")]
    [InlineData("fd00::1")]
    [InlineData("gateway")]
    public void A_gateway_is_a_host_of_the_subnet(string text) =>
        Failure.Of("InvalidGateway", () => SubnetValidation.ParseGateway(text, IPNetwork.Parse("192.168.5.0/24")));

    [Fact]
    public void An_overlap_is_named()
    {
        SubnetsInUse inUse = Routes("10.0.0.0/8") with { Networks = [new("web", IPNetwork.Parse("192.168.0.0/16"))] };
        IPNetwork subnet = IPNetwork.Parse("192.168.5.0/24");
        EngineException e = Failure.Of("SubnetOverlaps", () => SubnetValidation.RequireFree(subnet, inUse));
        Assert.Contains("the network \"web\" (192.168.0.0/16)", e.Message, StringComparison.Ordinal);
        e = Failure.Of("SubnetOverlaps", () => SubnetValidation.RequireFree(IPNetwork.Parse("10.1.0.0/24"), inUse));
        Assert.Contains("route to 10.0.0.0/8", e.Message, StringComparison.Ordinal);
    }
}
