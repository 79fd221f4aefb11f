using Containers.Engine.Launch;
using Containers.Engine.Networking.Allocation;
using Xunit;

namespace Containers.Engine.Tests.Networking.Allocation;

public class PortPublicationParserTests
{
    [Theory]
    [InlineData("80", null, 0, 80, "tcp", 0)]
    [InlineData("8080:80", null, 8080, 80, "tcp", 0)]
    [InlineData("53:53/udp", null, 53, 53, "udp", 0)]
    [InlineData("53/UDP", null, 0, 53, "udp", 0)]
    [InlineData("9:9/sctp", null, 9, 9, "sctp", 0)]
    [InlineData("127.0.0.1:8080:80", "127.0.0.1", 8080, 80, "tcp", 0)]
    [InlineData("127.0.0.1::80", "127.0.0.1", 0, 80, "tcp", 0)]
    [InlineData("0.0.0.0:1:65535", "0.0.0.0", 1, 65535, "tcp", 0)]
    [InlineData("[::1]:8080:80", "::1", 8080, 80, "tcp", 0)]
    [InlineData("[::1]::80/udp", "::1", 0, 80, "udp", 0)]
    [InlineData("[FD00:0:0::5]:8080:80", "fd00::5", 8080, 80, "tcp", 0)]
    [InlineData("[::ffff:10.0.0.1]:8080:80", "10.0.0.1", 8080, 80, "tcp", 0)]
    [InlineData("8000-8010:80", null, 8000, 80, "tcp", 8010)]
    [InlineData("8000-8000:80", null, 8000, 80, "tcp", 0)]
    [InlineData("10.0.0.1:8000-8010:80/udp", "10.0.0.1", 8000, 80, "udp", 8010)]
    public void One_port_is_taken_apart(string text, string? address, int host, int container, string protocol, int last)
    {
        PortPublication expected = new(address, host, new ContainerPort(container, protocol)) { LastHostPort = last };
        Assert.Equal([expected], PortPublicationParser.Parse(text));
    }

    [Fact]
    public void Ranges_of_equal_length_are_paired()
    {
        IReadOnlyList<PortPublication> ports = PortPublicationParser.Parse("[::1]:8000-8010:80-90/udp");
        Assert.Equal(Enumerable.Range(0, 11).Select(i => new PortPublication("::1", 8000 + i, new ContainerPort(80 + i, "udp"))), ports);
    }

    [Fact]
    public void A_range_of_the_container_alone_gets_ports_the_engine_chooses()
    {
        Assert.Equal(
            Enumerable.Range(8000, 11).Select(port => new PortPublication(null, 0, new ContainerPort(port, "tcp"))),
            PortPublicationParser.Parse("8000-8010"));
        Assert.Equal(1000, PortPublicationParser.Parse("1-1000").Count);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("0", "between 1 and 65535")]
    [InlineData("0:80", "between 1 and 65535")]
    [InlineData("70000:80", "70000")]
    [InlineData("99999999999999999999", "between 1 and 65535")]
    [InlineData("80-70", "ends before it begins")]
    [InlineData("8000-8010:80-85", "11 ports and the container range 6")]
    [InlineData("8000:80-85", "1 ports and the container range 6")]
    [InlineData("1-1001", "1001")]
    [InlineData("80-", "empty")]
    [InlineData("1-2-3", "no number")]
    [InlineData("80/icmp", "icmp")]
    [InlineData("80/", "none of tcp")]
    [InlineData("80/tcp/udp", "tcp/udp")]
    [InlineData("http", "\"http\" is no number")]
    [InlineData("-80", "empty")]
    [InlineData("+80", "no number")]
    [InlineData(" 80", "no number")]
    [InlineData("8٠", "no number")]
    [InlineData(":80", "host port before the colon is empty")]
    [InlineData(":8080:80", "address before the first colon is empty")]
    [InlineData("8080:", "container port is empty")]
    [InlineData("300.0.0.1:8080:80", "300.0.0.1")]
    [InlineData("1:8080:80", "\"1\" is no IP address")]
    [InlineData("localhost:8080:80", "localhost")]
    [InlineData("127.0.0.1:80", "\"127.0.0.1\" is no number")]
    [InlineData("::1:8080:80", "brackets")]
    [InlineData("[::1]:80", "HOST:CONTAINER")]
    [InlineData("[::1:8080:80", "brackets")]
    [InlineData("[127.0.0.1]:8080:80", "no IPv6 address")]
    [InlineData("[fe80::1]:8080:80", "fe80::1")]
    [InlineData("224.0.0.1:8080:80", "224.0.0.1")]
    [InlineData("80\n", "no number")]
    public void A_malformed_one_is_named_with_what_is_wrong(string text, string wrong)
    {
        EngineException e = Failure.Of("InvalidPortSpecification", () => PortPublicationParser.Parse(text));
        Assert.Equal(EngineErrorKind.InvalidArgument, e.Kind);
        Assert.Contains($"\"{text}\"", e.Message, StringComparison.Ordinal);
        Assert.Contains(wrong, e.Message[(text.Length + 2)..], StringComparison.Ordinal);
        Assert.Contains("8080:80", e.Action, StringComparison.Ordinal);
    }

    [Fact]
    public void Ports_of_containers_have_no_colon()
    {
        Assert.Equal(new ContainerPort(80, "tcp"), PortPublicationParser.ParsePort("80"));
        Assert.Equal(new ContainerPort(53, "udp"), PortPublicationParser.ParsePort("53/udp"));
        Assert.Equal(
            Enumerable.Range(7000, 11).Select(port => new ContainerPort(port, "tcp")), PortPublicationParser.ParsePortRange("7000-7010/tcp"));
        Failure.Of("InvalidPortSpecification", () => PortPublicationParser.ParsePortRange("8080:80"));
        Failure.Of("InvalidPortSpecification", () => PortPublicationParser.ParsePort("80-81"));
    }
}
