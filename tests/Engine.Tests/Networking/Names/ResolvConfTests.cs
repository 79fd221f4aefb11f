using System.Net;
using System.Text;
using Containers.Engine.Launch;
using Containers.Engine.Networking;
using Containers.Engine.Networking.Names;
using Containers.Engine.Tests.Networking.Allocation;
using Xunit;

namespace Containers.Engine.Tests.Networking.Names;

public class ResolvConfTests
{
    private const string HostFile = "# mine\nnameserver 10.0.0.53\nnameserver 10.0.0.54\nsearch a.example b.example\noptions ndots:2\nsortlist 10.0.0.0\n";
    private const string Stub = "nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch lan\n";
    private const string Resolved = "nameserver 192.168.1.1\nsearch lan\n";

    private static string Build(
        NetworkSpec? spec = null, string? host = HostFile, NetworkSettings? settings = null, string? resolved = null, bool hasEgress = true,
        bool hasIPv6 = false) => Encoding.Latin1.GetString(ResolvConf.Build(
            spec ?? new NetworkSpec(), settings ?? new NetworkSettings(), host is null ? null : Encoding.Latin1.GetBytes(host),
            resolved is null ? null : Encoding.Latin1.GetBytes(resolved), hasEgress, hasIPv6));

    [Fact]
    public void Without_wishes_it_is_a_copy_of_the_hosts() => Assert.Equal(HostFile, Build());

    [Fact]
    public void Host_mode_copies_whatever_is_there()
    {
        NetworkSpec spec = new() { Mode = NetworkSpec.Host };
        Assert.Equal(Stub, Build(spec, Stub, resolved: Resolved));
        Assert.Equal("\u00ff\0", Build(spec, "\u00ff\0"));
    }

    [Theory]
    [InlineData(null, "nameserver 8.8.8.8\nnameserver 8.8.4.4\n")]
    [InlineData("", "nameserver 8.8.8.8\nnameserver 8.8.4.4\n")]
    [InlineData("nameserver 127.0.0.1\n", "nameserver 8.8.8.8\nnameserver 8.8.4.4\n")]
    [InlineData("nameserver 127.0.1.1\nnameserver ::1\nsearch x.y\n", "nameserver 8.8.8.8\nnameserver 8.8.4.4\nsearch x.y\n")]
    [InlineData("nameserver 0.0.0.0\n", "nameserver 8.8.8.8\nnameserver 8.8.4.4\n")]
    [InlineData(Stub, "nameserver 8.8.8.8\nnameserver 8.8.4.4\nsearch lan\noptions edns0 trust-ad\n")]
    [InlineData("nameserver 127.0.0.1\nnameserver 10.0.0.1\n", "nameserver 10.0.0.1\n")]
    [InlineData("#nameserver 10.0.0.1\n;nameserver 10.0.0.1\n", "nameserver 8.8.8.8\nnameserver 8.8.4.4\n")]
    [InlineData("nameserver fd00::53\n", "nameserver 8.8.8.8\nnameserver 8.8.4.4\n")]
    [InlineData("nameserver fe80::1%eth0\nnameserver 10.0.0.1\n", "nameserver 10.0.0.1\n")]
    public void Servers_that_a_container_cannot_reach_are_left_out(string? host, string expected) => Assert.Equal(expected, Build(host: host));

    [Fact]
    public void The_servers_behind_systemd_resolved_are_used()
    {
        Assert.Equal(Resolved, Build(host: Stub, resolved: Resolved));
        Assert.Equal("nameserver 8.8.8.8\nnameserver 8.8.4.4\nsearch lan\noptions edns0 trust-ad\n", Build(host: Stub, resolved: Stub));
        Assert.Equal(HostFile, Build(resolved: Resolved));
    }

    [Fact]
    public void IPv6_servers_are_for_containers_with_IPv6() =>
        Assert.Equal("nameserver fd00::53\n", Build(host: "nameserver fd00::53\n", hasIPv6: true));

    [Fact]
    public void What_is_not_said_comes_from_the_settings_then_from_the_host()
    {
        NetworkSettings settings = new() { Dns = ["10.1.1.1"], DnsSearch = ["settings.example"] };
        Assert.Equal("nameserver 10.1.1.1\nsearch settings.example\noptions ndots:2\n", Build(settings: settings));
        Assert.Equal(
            "nameserver 10.2.2.2\nnameserver 10.2.2.3\nsearch settings.example\noptions ndots:2\n",
            Build(new NetworkSpec { Dns = ["10.2.2.2", "10.2.2.3"] }, settings: settings));
        Assert.Equal(
            "nameserver 10.0.0.53\nnameserver 10.0.0.54\nsearch own.example\noptions ndots:2\n", Build(new NetworkSpec { DnsSearch = ["own.example"] }));
        Assert.Equal(
            "nameserver 10.0.0.53\nnameserver 10.0.0.54\nsearch a.example b.example\noptions rotate timeout:1\n",
            Build(new NetworkSpec { DnsOptions = ["rotate", "timeout:1"] }));
    }

    [Fact]
    public void A_single_dot_means_no_search_at_all() => Assert.Equal(
        "nameserver 10.0.0.53\nnameserver 10.0.0.54\noptions ndots:2\n",
        Build(new NetworkSpec { DnsSearch = ["."] }, settings: new NetworkSettings { DnsSearch = ["x.y"] }));

    [Fact]
    public void A_server_on_the_containers_own_loopback_can_be_asked_for() => Assert.StartsWith(
        "nameserver 127.0.0.1\n", Build(new NetworkSpec { Dns = ["127.0.0.1"] }), StringComparison.Ordinal);

    [Fact]
    public void The_last_of_search_and_domain_counts_and_options_add_up() => Assert.Equal(
        "nameserver 10.2.2.2\nsearch c.example\noptions a b c\n",
        Build(new NetworkSpec { Dns = ["10.2.2.2"] }, "search a.example\ndomain c.example\noptions a b\noptions c\n"));

    [Fact]
    public void Without_a_way_out_there_are_no_servers_but_the_containers_own()
    {
        string text = Build(hasEgress: false, settings: new NetworkSettings { Dns = ["10.1.1.1"] });
        Assert.DoesNotContain("nameserver", text, StringComparison.Ordinal);
        Assert.EndsWith("search a.example b.example\noptions ndots:2\n", text, StringComparison.Ordinal);
        Assert.StartsWith("nameserver 10.9.0.2\n", Build(new NetworkSpec { Dns = ["10.9.0.2"] }, hasEgress: false), StringComparison.Ordinal);
    }

    [Fact]
    public void The_hosts_servers_are_read_for_the_choice_of_subnets() => Assert.Equal(
        [IPAddress.Parse("127.0.0.53"), IPAddress.Parse("10.0.0.1")],
        ResolvConf.NameServers("nameserver 127.0.0.53\nnameserver\nnameserver x\n\tnameserver\t10.0.0.1 # c\n"u8.ToArray()));

    [Theory]
    [InlineData("10.0.0.2", "10.0.0.2")]
    [InlineData("FD00::2", "fd00::2")]
    public void Servers_are_addresses(string text, string expected) => Assert.Equal(expected, ResolvConf.ValidateServer(text));

    [Theory]
    [InlineData("")]
    [InlineData("dns.example.com")]
    [InlineData("10.0.0")]
    [InlineData("0.0.0.0")]
    [InlineData("10.0.0.2\nsearch x")]
    public void Others_are_refused(string text) => Failure.Of("InvalidDnsServer", () => ResolvConf.ValidateServer(text));

    [Theory]
    [InlineData(".")]
    [InlineData("example.com")]
    [InlineData("example.com.")]
    [InlineData("1.example")]
    [InlineData("_msdcs.example.com")]
    public void Search_domains_have_a_letter(string text) => Assert.Equal(text, ResolvConf.ValidateSearch(text));

    [Theory]
    [InlineData("")]
    [InlineData("10.0.0.1")]
    [InlineData("a..b")]
    [InlineData("..")]
    [InlineData("a b")]
    [InlineData("a\nnameserver 1.2.3.4")]
    public void Other_domains_are_refused(string text) => Failure.Of("InvalidDnsSearch", () => ResolvConf.ValidateSearch(text));

    [Theory]
    [InlineData("ndots:2")]
    [InlineData("rotate")]
    [InlineData("single-request-reopen")]
    public void Options_are_words_with_or_without_a_number(string text) => Assert.Equal(text, ResolvConf.ValidateOption(text));

    [Theory]
    [InlineData("")]
    [InlineData("ndots:")]
    [InlineData("ndots:x")]
    [InlineData("ndots:999999")]
    [InlineData("a b")]
    [InlineData("a\nnameserver")]
    public void Other_options_are_refused(string text) => Failure.Of("InvalidDnsOption", () => ResolvConf.ValidateOption(text));
}
