using System.Net;
using Containers.Engine.Networking.Allocation;
using Xunit;

namespace Containers.Engine.Tests.Networking.Allocation;

public class NameAndMacTests
{
    [Fact]
    public void A_mac_address_follows_from_an_IPv4_address() =>
        Assert.Equal("02:42:ac:11:00:02", MacAddresses.Format(MacAddresses.For(IPAddress.Parse("172.17.0.2"))));

    [Theory]
    [InlineData(null)]
    [InlineData("fd00::2")]
    public void Without_one_it_is_random_local_and_of_one_interface(string? address)
    {
        IPAddress? ip = address is null ? null : IPAddress.Parse(address);
        byte[][] some = [.. Enumerable.Range(0, 50).Select(_ => MacAddresses.For(ip))];
        Assert.All(some, mac => Assert.Equal(2, mac[0] & 3));
        Assert.Equal(50, some.Select(mac => MacAddresses.Format(mac)).Distinct().Count());
    }

    [Theory]
    [InlineData("02:42:AC:11:00:02")]
    [InlineData("02-42-ac-11-00-02")]
    public void A_written_one_is_parsed(string text) => Assert.Equal("02:42:ac:11:00:02", MacAddresses.Format(MacAddresses.Parse(text)));

    [Theory]
    [InlineData("")]
    [InlineData("02:42:ac:11:00")]
    [InlineData("02:42:ac:11:00:02:03")]
    [InlineData("02:42:ac:11:00:2")]
    [InlineData("02:42:ac:11:00:0g")]
    [InlineData("02:42:ac:11:00: 2")]
    [InlineData("0242ac110002")]
    [InlineData("02:42-ac:11:00:02")]
    [InlineData("01:00:5e:00:00:01")]
    [InlineData("ff:ff:ff:ff:ff:ff")]
    [InlineData("00:00:00:00:00:00")]
    public void A_malformed_one_is_refused(string text) => Failure.Of("InvalidMacAddress", () => MacAddresses.Parse(text));

    [Fact]
    public void Made_names_are_good_ones()
    {
        string name = InterfaceNames.NewHostSide();
        Assert.Matches("^veth[0-9a-f]{7}$", name);
        Assert.NotEqual(name, InterfaceNames.NewHostSide());
        Assert.Equal("br-0123456789ab", InterfaceNames.Bridge("0123456789abcdef"));
        InterfaceNames.Validate(name);
        InterfaceNames.Validate("br-0123456789ab");
        InterfaceNames.Validate("eth0.100");
    }

    [Theory]
    [InlineData("")]
    [InlineData("0123456789abcdef")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("all")]
    [InlineData("default")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("a\nb")]
    [InlineData("eth%d")]
    [InlineData("br+")]
    [InlineData("-j")]
    [InlineData("br:1")]
    [InlineData("größe")]
    public void Names_that_the_kernel_or_a_rule_would_misread_are_refused(string name)
    {
        EngineException e = Failure.Of("InvalidInterfaceName", () => InterfaceNames.Validate(name));
        Assert.Contains("15", e.Action, StringComparison.Ordinal);
    }
}
