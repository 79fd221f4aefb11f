using System.Net;
using Containers.Engine.Networking.Names;
using Containers.Engine.Tests.Networking.Allocation;
using Xunit;

namespace Containers.Engine.Tests.Networking.Names;

public class LinkEnvironmentTests
{
    private static readonly IPAddress s_db = IPAddress.Parse("172.17.0.5");

    [Fact]
    public void The_variables_are_those_of_docker() => Assert.Equal(
        [
            "MY_DB_NAME=/web/my-db",
            "MY_DB_PORT=tcp://172.17.0.5:53",
            "MY_DB_PORT_53_TCP=tcp://172.17.0.5:53",
            "MY_DB_PORT_53_TCP_ADDR=172.17.0.5",
            "MY_DB_PORT_53_TCP_PORT=53",
            "MY_DB_PORT_53_TCP_PROTO=tcp",
            "MY_DB_PORT_53_UDP=udp://172.17.0.5:53",
            "MY_DB_PORT_53_UDP_ADDR=172.17.0.5",
            "MY_DB_PORT_53_UDP_PORT=53",
            "MY_DB_PORT_53_UDP_PROTO=udp",
            "MY_DB_PORT_5432_TCP=tcp://172.17.0.5:5432",
            "MY_DB_PORT_5432_TCP_ADDR=172.17.0.5",
            "MY_DB_PORT_5432_TCP_PORT=5432",
            "MY_DB_PORT_5432_TCP_PROTO=tcp",
            "MY_DB_ENV_USER=me",
            "MY_DB_ENV_EMPTY=",
        ],
        LinkEnvironment.Build(
            "web", "my-db", s_db, [new(5432, "tcp"), new(53, "udp"), new(53, "tcp"), new(53, "tcp")],
            ["USER=me", "HOME=/root", "PATH=/bin", "OPTIONS=a=b", "EMPTY=", "NOVALUE", "=x"]));

    [Fact]
    public void Without_ports_only_the_name_is_told() =>
        Assert.Equal(["DB_NAME=/web/db"], LinkEnvironment.Build("web", "db", s_db, [], []));

    [Fact]
    public void An_IPv6_address_stands_in_brackets_in_a_url()
    {
        IReadOnlyList<string> variables = LinkEnvironment.Build("web", "db", IPAddress.Parse("fd00::5"), [new(80, "tcp")], []);
        Assert.Contains("DB_PORT=tcp://[fd00::5]:80", variables);
        Assert.Contains("DB_PORT_80_TCP_ADDR=fd00::5", variables);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-db")]
    [InlineData("_db")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("a=b")]
    [InlineData("a\nb")]
    [InlineData("ä")]
    public void An_alias_is_a_host_name(string alias) => Failure.Of("InvalidLinkAlias", () => LinkEnvironment.ValidateAlias(alias));

    [Fact]
    public void Good_aliases_pass()
    {
        LinkEnvironment.ValidateAlias("db");
        LinkEnvironment.ValidateAlias("my_db-1.x");
        Failure.Of("InvalidLinkAlias", () => LinkEnvironment.ValidateAlias(new string('a', 64)));
    }
}
