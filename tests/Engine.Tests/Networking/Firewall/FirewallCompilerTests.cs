using System.Net;
using Containers.Engine.Networking;
using Containers.Engine.Networking.Firewall;
using Xunit;

namespace Containers.Engine.Tests.Networking.Firewall;

public class FirewallCompilerTests
{
    private static string[] Texts(FirewallState state, FirewallFamily family, string table, string chain) =>
        [.. FirewallCompiler.Compile(state, family).Where(r => r.Table == table && r.Chain == chain).Select(r => r.Text)];

    [Fact]
    public void The_forward_chain_goes_through_its_phases_over_all_networks()
    {
        const string A = "-m comment --comment aaaaaaaaaaaa", B = "-m comment --comment bbbbbbbbbbbb";
        Assert.Equal(
            [
                $"-o containers0 -m conntrack --ctstate RELATED,ESTABLISHED {A} -j ACCEPT",
                $"-o br-b -m conntrack --ctstate RELATED,ESTABLISHED {B} -j ACCEPT",
                $"-i br-b ! -o br-b {B} -j DROP",
                $"! -i br-b -o br-b {B} -j DROP",
                $"-o containers0 {A} -j CONTAINERS",
                $"-o br-b {B} -j CONTAINERS",
                $"! -i containers0 -o containers0 {A} -j DROP",
                $"-i containers0 -o containers0 {A} -j ACCEPT",
                $"-i br-b -o br-b {B} -j DROP",
                $"-i containers0 ! -o containers0 {A} -j ACCEPT",
            ],
            Texts(
                TestState.Two with { Networks = [TestState.A, TestState.B with { Internal = true }] }, FirewallFamily.IPv4, "filter",
                    "CONTAINERS-FORWARD"));
    }

    [Fact]
    public void The_users_chain_comes_before_ours()
    {
        Assert.Equal(["-j DOCKER-USER", "-j DOCKER-FORWARD"], Texts(TestState.Two with { Prefix = "DOCKER" }, FirewallFamily.IPv4,
            "filter", "FORWARD"));
    }

    [Fact]
    public void Guards_stand_behind_the_return_for_the_hosts_own_traffic()
    {
        Assert.Equal(
            [
                "-i lo -j RETURN", "-d 127.0.0.0/8 -j DROP",
                "-d 172.17.0.0/16 ! -i containers0 -m comment --comment aaaaaaaaaaaa -j DROP",
                    "-d 172.18.0.0/16 ! -i br-b -m comment --comment bbbbbbbbbbbb -j DROP",
            ],
            Texts(TestState.Two, FirewallFamily.IPv4, "raw", "CONTAINERS"));
        Assert.Equal(
            ["-i lo -j RETURN", "-d fd00:a::/64 ! -i containers0 -m comment --comment aaaaaaaaaaaa -j DROP"],
            Texts(TestState.Two, FirewallFamily.IPv6, "raw", "CONTAINERS"));
    }

    [Fact]
    public void A_published_port_is_opened_once_and_translated_for_each_host_port()
    {
        const string Web = "-m comment --comment 111111111111", Db = "-m comment --comment 222222222222";
        Assert.Equal(
            [
                $"-d 172.17.0.2/32 ! -i containers0 -o containers0 -p tcp -m tcp --dport 80 {Web} -j ACCEPT",
                $"-d 172.18.0.2/32 ! -i br-b -o br-b -p sctp -m sctp --dport 9000 {Db} -j ACCEPT",
                $"-d 172.18.0.2/32 -i br-b -o br-b -p sctp -m sctp --dport 9000 -m conntrack --ctstate DNAT {Db} -j ACCEPT",
                $"-s 172.17.0.2/32 -d 172.17.0.3/32 -i containers0 -o containers0 -p tcp -m tcp --dport 5432 {Web} -j ACCEPT",
                $"-s 172.17.0.3/32 -d 172.17.0.2/32 -i containers0 -o containers0 -p tcp -m tcp --sport 5432 "
                + "-m conntrack --ctstate RELATED,ESTABLISHED "
                + $"{Web} -j ACCEPT",
            ],
            Texts(TestState.Two, FirewallFamily.IPv4, "filter", "CONTAINERS"));
        Assert.Equal(
            [
                $"-p tcp -m tcp --dport 8080 {Web} -j DNAT --to-destination 172.17.0.2:80",
                $"-d 127.0.0.1/32 -p udp -m udp --dport 53 {Web} -j DNAT --to-destination 172.17.0.2:53",
                $"-d 10.0.0.1/32 -p tcp -m tcp --dport 81 {Web} -j DNAT --to-destination 172.17.0.2:80",
                $"-p sctp -m sctp --dport 9000 {Db} -j DNAT --to-destination 172.18.0.2:9000",
            ],
            Texts(TestState.Two, FirewallFamily.IPv4, "nat", "CONTAINERS"));
        Assert.Equal(
            [$"-p tcp -m tcp --dport 8080 {Web} -j DNAT --to-destination [fd00:a::2]:80"], Texts(TestState.Two, FirewallFamily.IPv6, "nat",
                "CONTAINERS"));
    }

    [Fact]
    public void Only_the_hosts_loopback_and_the_own_network_lose_their_source_address_on_the_way_in()
    {
        Assert.Equal(
            [
                "-s 172.17.0.0/16 ! -o containers0 -m comment --comment aaaaaaaaaaaa -j MASQUERADE",
                "-s 127.0.0.0/8 -o containers0 -m comment --comment aaaaaaaaaaaa -j MASQUERADE",
                "-s 172.17.0.0/16 -o containers0 -m conntrack --ctstate DNAT -m comment --comment aaaaaaaaaaaa -j MASQUERADE",
            ],
            Texts(TestState.Two with { Networks = [TestState.A] }, FirewallFamily.IPv4, "nat", "CONTAINERS-POSTROUTING"));
    }

    [Fact]
    public void A_routed_network_has_no_guard_and_goes_out_under_its_own_addresses()
    {
        FirewallState state = TestState.Two with { Networks = [TestState.A with { Routed = true }] };
        Assert.DoesNotContain(Texts(state, FirewallFamily.IPv4, "raw", "CONTAINERS"), t => t.Contains("172.17", StringComparison.Ordinal));
        Assert.DoesNotContain(Texts(state, FirewallFamily.IPv4, "nat", "CONTAINERS-POSTROUTING"), t => t.Contains("! -o",
            StringComparison.Ordinal));
    }

    [Fact]
    public void Answers_to_containers_under_their_own_addresses_pass_raw_and_their_ports_are_opened_for_translated_packets_alone()
    {
        FirewallState state = TestState.Two with { Networks = [TestState.A with { Masquerade = false }] };
        Assert.DoesNotContain(Texts(state, FirewallFamily.IPv4, "raw", "CONTAINERS"), t => t.Contains("172.17", StringComparison.Ordinal));
        Assert.Equal(
            "-d 172.17.0.2/32 ! -i containers0 -o containers0 -p tcp -m tcp --dport 80 -m conntrack --ctstate DNAT "
            + "-m comment --comment 111111111111 -j ACCEPT",
            Texts(state, FirewallFamily.IPv4, "filter", "CONTAINERS")[0]);
    }

    [Fact]
    public void Neighbour_discovery_passes_where_containers_do_not_reach_each_other()
    {
        FirewallState state = TestState.Two with { Networks = [TestState.A with { InterContainer = false }] };
        string[] texts = [.. Texts(state, FirewallFamily.IPv6, "filter", "CONTAINERS-FORWARD").Select(t =>
            t.Replace(" -m comment --comment aaaaaaaaaaaa", ""))];
        Assert.Equal(
            [
                "-i containers0 -o containers0 -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT",
                "-i containers0 -o containers0 -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT", "-i containers0 -o containers0 -j DROP",
            ],
            texts[3..6]);
    }

    [Fact]
    public void What_a_container_owns_is_what_the_state_without_it_lacks()
    {
        foreach (FirewallFamily family in new[] { FirewallFamily.IPv4, FirewallFamily.IPv6 })
        {
            IReadOnlyList<FirewallRule> own = FirewallCompiler.CompileContainer(TestState.Two, TestState.Web, family);
            Assert.NotEmpty(own);
            Assert.All(own, r => Assert.Equal(TestState.Web, r.Owner));
            Assert.Equal(
                own.ToHashSet(),
                FirewallCompiler.Compile(TestState.Two, family).Except(FirewallCompiler.Compile(TestState.Without(TestState.Two,
                    TestState.Web), family)).ToHashSet());
        }
    }

    [Fact]
    public void A_state_without_networks_has_no_rules_and_without_IPv6_none_for_it()
    {
        Assert.Empty(FirewallCompiler.Compile(new FirewallState(), FirewallFamily.IPv4));
        Assert.Empty(FirewallCompiler.Compile(TestState.Two with { Networks = [TestState.B] }, FirewallFamily.IPv6));
    }

    [Fact]
    public void A_containers_name_is_in_no_rule()
    {
        Assert.DoesNotContain(FirewallCompiler.Compile(TestState.Two, FirewallFamily.IPv4), r => r.Text.Contains("web",
            StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("br0 -j ACCEPT")]
    [InlineData("br0\n-A FORWARD")]
    [InlineData("-j")]
    [InlineData("eth+")]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("sixteen-chars-xx")]
    public void A_bridge_name_that_could_be_something_else_is_refused(string name)
    {
        EngineException e = Assert.Throws<EngineException>(
            () => FirewallCompiler.Compile(TestState.Two with { Networks = [TestState.A with { Bridge = name }] }, FirewallFamily.IPv4));
        Assert.Equal("FirewallValueInvalid", e.ErrorId);
    }

    [Fact]
    public void Ids_ports_protocols_and_addresses_are_checked_too()
    {
        FirewallEndpoint web = TestState.Two.Endpoints[0];
        FirewallState[] bad =
        [
            TestState.Two with { Networks = [TestState.A with { Id = "aaaaaaaaaaaX" }] },
            TestState.Two with { Endpoints = [web with { Container = "short" }] },
            TestState.Two with { Endpoints = [web with { Ports = [new(null, 0, 80, "tcp")] }] },
            TestState.Two with { Endpoints = [web with { Ports = [new(null, 80, 65536, "tcp")] }] },
            TestState.Two with { Endpoints = [web with { Ports = [new(null, 80, 80, "icmp")] }] },
            TestState.Two with { Endpoints = [web with { IPv4 = IPAddress.IPv6Loopback }] },
        ];
        Assert.All(bad, state => Assert.Equal(
            "FirewallValueInvalid", Assert.Throws<EngineException>(() => FirewallCompiler.Compile(state, FirewallFamily.IPv4)).ErrorId));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ACCEPT")]
    [InlineData("-X")]
    [InlineData("A B")]
    [InlineData("SEVENTEEN_LETTERS")]
    public void A_chain_prefix_that_iptables_would_misread_is_refused(string prefix)
    {
        Assert.Equal("ChainPrefixInvalid", Assert.Throws<EngineException>(() => new FirewallChains(prefix)).ErrorId);
    }
}
