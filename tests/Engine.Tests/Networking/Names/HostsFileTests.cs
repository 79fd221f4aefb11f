using System.Net;
using System.Text;
using Containers.Engine.Launch;
using Containers.Engine.Networking.Names;
using Containers.Engine.Tests.Networking.Allocation;
using Xunit;

namespace Containers.Engine.Tests.Networking.Names;

public class HostsFileTests
{
    private const string Fixed =
        "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nff00::0\tip6-mcastprefix\n"
        + "ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n";

    private static readonly IPAddress s_own = IPAddress.Parse("172.17.0.2");
    private static readonly IPAddress s_db = IPAddress.Parse("172.17.0.5");

    private static string Add(string content, IPAddress address, params string[] names) =>
        Encoding.Latin1.GetString(HostsFile.Add(Encoding.Latin1.GetBytes(content), address, names));

    private static string Remove(string content, string? address, string name) => Encoding.Latin1.GetString(
        HostsFile.Remove(Encoding.Latin1.GetBytes(content), address is null ? null : IPAddress.Parse(address), name));

    [Theory]
    [InlineData("web", null, "172.17.0.2\tweb\n")]
    [InlineData("web", "example.com", "172.17.0.2\tweb.example.com web\n")]
    [InlineData("web.example.com", null, "172.17.0.2\tweb.example.com web\n")]
    public void The_first_line_is_the_containers_own(string host, string? domain, string first) =>
        Assert.Equal(first + Fixed, Encoding.ASCII.GetString(HostsFile.Build([s_own], host, domain, [])));

    [Fact]
    public void Links_and_entries_follow_the_fixed_lines()
    {
        byte[] file = HostsFile.Build(
            [s_own, IPAddress.Parse("fd00::2")], "web", null, [new HostsLine(s_db, ["db", "database"]), new HostsLine(IPAddress.Parse("fd00::9"), ["x"])]);
        Assert.Equal(
            "172.17.0.2\tweb\nfd00::2\tweb\n" + Fixed + "172.17.0.5\tdb database\nfd00::9\tx\n", Encoding.ASCII.GetString(file));
        Assert.Equal(10, HostsFile.Entries(file).Count);
        Assert.Equal(["db", "database"], HostsFile.Entries(file)[8].Names);
        Assert.StartsWith("127.0.0.1", Encoding.ASCII.GetString(HostsFile.Build([], "web", null, [])), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "172.17.0.5\tdb\n")]
    [InlineData("1.2.3.4 a\n", "1.2.3.4 a\n172.17.0.5\tdb\n")]
    [InlineData("1.2.3.4 a", "1.2.3.4 a\n172.17.0.5\tdb\n")]
    [InlineData("172.17.0.5 DB\n", "172.17.0.5 DB\n")]
    [InlineData("172.17.0.6 db\n", "172.17.0.6 db\n172.17.0.5\tdb\n")]
    [InlineData("#172.17.0.5 db\n", "#172.17.0.5 db\n172.17.0.5\tdb\n")]
    [InlineData("\0\u00ff\u0080\r\n", "\0\u00ff\u0080\r\n172.17.0.5\tdb\n")]
    public void A_name_is_added_once_at_the_end(string before, string after) => Assert.Equal(after, Add(before, s_db, "db"));

    [Fact]
    public void Only_the_names_that_are_missing_are_added() =>
        Assert.Equal("172.17.0.5 db\n172.17.0.5\tsql\n", Add("172.17.0.5 db\n", s_db, "db", "sql", "SQL"));

    [Theory]
    [InlineData("172.17.0.5\tdb\n", null, "db", "")]
    [InlineData("172.17.0.5\tdb sql\n", null, "DB", "172.17.0.5 sql\n")]
    [InlineData("172.17.0.5\tsql  db # c\n", null, "db", "172.17.0.5\tsql # c\n")]
    [InlineData(" 172.17.0.5 a db b\r\n", null, "db", " 172.17.0.5 a b\r\n")]
    [InlineData("172.17.0.5 db\n172.17.0.6 db\n", "172.17.0.6", "db", "172.17.0.5 db\n")]
    [InlineData("172.17.0.5 db\n172.17.0.6 db\n", null, "db", "")]
    [InlineData("# db\n172.17.0.5 a #db\nx db\n\0db\u00ff", null, "db", "# db\n172.17.0.5 a #db\nx db\n\0db\u00ff")]
    [InlineData("172.17.0.5 dbx xdb\n", null, "db", "172.17.0.5 dbx xdb\n")]
    [InlineData("a\n172.17.0.5 db", null, "db", "a\n")]
    public void A_name_is_removed_and_all_else_stays(string before, string? address, string name, string after) =>
        Assert.Equal(after, Remove(before, address, name));

    [Fact]
    public void Any_bytes_survive_an_edit_that_is_undone()
    {
        Random random = new(42);
        for (int i = 0; i < 200; i++)
        {
            byte[] junk = new byte[random.Next(2000)];
            random.NextBytes(junk);
            byte[] closed = [.. junk, (byte)'\n'];
            byte[] edited = HostsFile.Add(closed, s_db, ["db"]);
            Assert.Equal(closed, HostsFile.Remove(edited, s_db, "db"));
        }
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("a\n1.2.3.4 bank")]
    [InlineData("")]
    public void A_name_cannot_smuggle_in_a_line(string name) => Assert.Throws<ArgumentException>(() => Add("", s_db, name));

    [Theory]
    [InlineData("db:10.0.0.5", "db", "10.0.0.5")]
    [InlineData("my_db.local=10.0.0.5", "my_db.local", "10.0.0.5")]
    [InlineData("six:fd00::5", "six", "fd00::5")]
    [InlineData("six:[FD00::5]", "six", "fd00::5")]
    [InlineData("host:host-gateway", "host", "host-gateway")]
    public void Entries_are_a_name_and_an_address(string text, string name, string address)
    {
        Assert.Equal(new HostEntry(address, name), HostNames.ParseEntry(text));
        Assert.Equal(new HostEntry(address, name), HostNames.Validate(new HostEntry(address, name)));
    }

    [Theory]
    [InlineData("db")]
    [InlineData("db:")]
    [InlineData(":10.0.0.5")]
    [InlineData("db:10.0.0")]
    [InlineData("d b:10.0.0.5")]
    [InlineData("db\n:10.0.0.5")]
    [InlineData("a..b:10.0.0.5")]
    [InlineData("-db:10.0.0.5")]
    [InlineData("db:fe80::1%eth0")]
    [InlineData("db:HOST-GATEWAY")]
    public void A_malformed_entry_is_refused(string text) => Failure.Of("InvalidHostEntry", () => HostNames.ParseEntry(text));
}
